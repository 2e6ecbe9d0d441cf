/** An error one of the query or JSON services answers with. Each service spells the common ones in its own way. */
export class Refusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** A constraint on a request member, in the words the AWS request validator uses. */
export function constraint(code: string, member: string, value: unknown, text: string): Refusal {
  const shown = value === undefined ? 'null' : `'${String(value)}'`;
  return new Refusal(
    code,
    `1 validation error detected: Value ${shown} at '${member}' failed to satisfy constraint: ${text}`,
  );
}
