/**
 * Whether a trail still records KMS calls after PutEventSelectors, which replaces all selectors at once. A write-only
 * trail counts as blind: Decrypt and GenerateDataKey are read events, and the pending-deletion alarm lives on them.
 * Whether CloudTrail writes these fields with a small first letter everywhere is not documented: both are read.
 */
import { z } from 'zod';
import { isObject } from './json.ts';

const KMS = 'kms.amazonaws.com';

const smallFirst = (value: unknown): unknown =>
  isObject(value) && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name.charAt(0).toLowerCase() + name.slice(1), inner]),
      )
    : value;
const fields = <Shape extends z.ZodRawShape>(shape: Shape) => z.preprocess(smallFirst, z.object(shape));

const basicSchema = fields({
  readWriteType: z.string().nullish(),
  includeManagementEvents: z.boolean().nullish(),
  excludeManagementEventSources: z.array(z.string()).nullish(),
});
const fieldSelectorSchema = fields({
  field: z.string(),
  equals: z.array(z.string()).nullish(),
  notEquals: z.array(z.string()).nullish(),
});
const advancedSchema = fields({ fieldSelectors: z.array(fieldSelectorSchema) });
const requestSchema = fields({
  trailName: z.string().nullish(),
  eventSelectors: z.array(basicSchema).nullish(),
  advancedEventSelectors: z.array(advancedSchema).nullish(),
});

/** Reads the request of PutEventSelectors; `undefined` when it does not look like one. */
export function readSelectors(
  parameters: unknown,
): { readonly trail?: string; readonly recordsKms: boolean } | undefined {
  const parsed = requestSchema.safeParse(parameters);
  if (!parsed.success) return undefined;
  const { trailName, eventSelectors, advancedEventSelectors } = parsed.data;
  if (!eventSelectors && !advancedEventSelectors) return undefined;
  const recordsKms =
    (eventSelectors ?? []).some(basicRecordsKms) || (advancedEventSelectors ?? []).some(advancedRecordsKms);
  return trailName ? { trail: trailName, recordsKms } : { recordsKms };
}

function basicRecordsKms(selector: z.output<typeof basicSchema>): boolean {
  return (
    selector.includeManagementEvents !== false &&
    selector.readWriteType !== 'WriteOnly' &&
    !selector.excludeManagementEventSources?.includes(KMS)
  );
}

function advancedRecordsKms({ fieldSelectors }: z.output<typeof advancedSchema>): boolean {
  const lets = (name: string, value: string): boolean =>
    fieldSelectors
      .filter((selector) => selector.field === name)
      .every((selector) => (selector.equals?.includes(value) ?? true) && !selector.notEquals?.includes(value));
  const management = fieldSelectors.some(
    (selector) => selector.field === 'eventCategory' && selector.equals?.includes('Management'),
  );
  return management && lets('eventSource', KMS) && lets('readOnly', 'true');
}
