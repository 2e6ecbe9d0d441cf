import { people, teamId, totpSecrets } from './seed.ts';

/** What the sandbox needs of the bot's desk for step-up codes. */
export interface EnrolmentDesk {
  enrol(
    person: { readonly enterprise: string; readonly team: string; readonly user: string },
    name: string,
    secret: Uint8Array,
  ): Promise<{ readonly kind: string }>;
}

/** Enrols alice, bob and carol with the secrets that the sandbox's codes are made of. */
export async function enrolPeople(desk: EnrolmentDesk): Promise<void> {
  for (const { id, handle } of people) {
    const secret = totpSecrets.get(id);
    if (secret === undefined) continue;
    const answer = await desk.enrol({ enterprise: '', team: teamId, user: id }, handle, secret);
    if (answer.kind !== 'enrolled') throw new Error(`${handle} could not be enrolled for codes: ${answer.kind}`);
  }
}
