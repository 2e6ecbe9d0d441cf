/** Turns zod's issues into problems: zod knows what went wrong and where, this adds the value and the likely meaning. */
import { z } from 'zod';
import { HIDDEN, nearestName, type Problem, printPath, printValue } from './problem.ts';
import { valueAt } from './raw.ts';

type Path = readonly PropertyKey[];

/** Every issue as a problem; an unknown key is told apart, with the known key it was probably meant to be. */
export function shapeProblems(shape: z.ZodType, raw: unknown, issues: readonly z.core.$ZodIssue[]): readonly Problem[] {
  return issues
    .flatMap(meant)
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => unknownKey(shape, issue.path, key))
        : [{ path: printPath(issue.path), value: printValue(valueAt(raw, issue.path)), expected: issue.message }],
    );
}

/**
 * What a union's issues come down to: those of the form that was meant, which is the one that took the value and only found
 * fault with what is in it. Where there is none, the union has words of its own.
 */
function meant(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const form = issue.errors.find((issues) =>
    issues.every(({ code, path }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  if (form === undefined) return [issue];
  return form.flatMap((inner) => meant({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** The value of an unknown key is not printed: nobody knows whether it is a secret. */
function unknownKey(shape: z.ZodType, path: Path, key: string): Problem {
  const known = keysAt(shape, path);
  const meant = nearestName(key, known);
  const advice = meant === undefined ? `only ${known.join(', ')} here` : `did you mean ${meant}?`;
  return { path: printPath([...path, key]), value: HIDDEN, expected: `no such key: ${advice}` };
}

function keysAt(shape: z.ZodType, path: Path): readonly string[] {
  const bare = shape instanceof z.ZodOptional ? shape.unwrap() : shape;
  const [step, ...rest] = path;
  if (bare instanceof z.ZodUnion) {
    const options: readonly z.ZodType[] = bare.options as readonly z.ZodType[];
    const form = options.find((option) => option instanceof z.ZodArray === (typeof step === 'number'));
    return form === undefined ? [] : keysAt(form, path);
  }
  if (bare instanceof z.ZodArray) return step === undefined ? [] : keysAt(bare.element as z.ZodType, rest);
  if (!(bare instanceof z.ZodObject)) return [];
  const fields: Readonly<Record<string, z.ZodType>> = bare.shape;
  if (step === undefined) return Object.keys(fields);
  const field = fields[String(step)];
  return field === undefined ? [] : keysAt(field, rest);
}
