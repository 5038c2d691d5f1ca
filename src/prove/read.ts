/** Reads a proof that somebody kept: any shape of file is possible, and what is wrong with one is a sentence. */
import { Failure } from '../failure.ts';
import { isObject, textOf } from '../workload/value.ts';
import { PROOF_SCHEMA, type Proof } from './proof.ts';
import { proofDocumentSchema } from './schema.ts';

/** A proof is some hundred kilobytes, and a list of them is kept in one file. */
export const MAX_PROOF_LENGTH = 64 * 1024 * 1024;
/** Longest part of a stranger's text that a sentence repeats. */
const MAX_QUOTED = 80;

/** `form`: what it was written as, where that is another version than the one that this Petrify reads. */
export type ReadProofs = { readonly proofs: readonly Proof[] } | { readonly form: string };

/**
 * The proofs in a text of JSON, of one container or of several. Keys that are not known are passed over.
 * Throws Failure('bad-manifest') that names the file, the place in it and what is wrong there.
 */
export function readProofs(file: string, text: string): ReadProofs {
  const refuse = (why: string, hint: string, cause?: unknown) =>
    new Failure('bad-manifest', `${file} is no proof: ${why}`, { hint, cause });
  if (text.length > MAX_PROOF_LENGTH) throw refuse('it is too long', WRITTEN_BY);
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    throw refuse(`it is not JSON (${(error as Error).message.split('\n', 1)[0]})`, WRITTEN_BY, error);
  }
  const form = otherForm(value);
  if (form !== undefined) return { form };
  if (!isObject(value) || !FORM.test(textOf(value.schema) ?? ''))
    throw refuse(`its \`schema\` is not ${PROOF_SCHEMA}`, WRITTEN_BY);
  const checked = proofDocumentSchema.safeParse(value);
  if (checked.success) return { proofs: 'proofs' in checked.data ? checked.data.proofs : [checked.data] };
  const { path, message } = checked.error.issues[0]!;
  const place = path.map(String).join('.').slice(0, MAX_QUOTED);
  throw refuse(`${place === '' ? 'it' : `at ${place}`}: ${message.slice(0, MAX_QUOTED)}`, WRITTEN_BY);
}

const WRITTEN_BY = 'petrify prove --proof FILE writes one';

const FORM = /^petrify\.dev\/(?:proof|prooflist)\/(v[\da-z]{1,20})$/;
const VERSION = FORM.exec(PROOF_SCHEMA)![1]!;

/** Another version of the form, or one from before a proof said all that is compared today. */
function otherForm(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const version = FORM.exec(textOf(value.schema) ?? '')?.[1];
  if (version === undefined) return undefined;
  if (version !== VERSION) return version;
  const one = Array.isArray(value.proofs) ? value.proofs[0] : value;
  if (!isObject(one) || !Array.isArray(one.attempts)) return undefined;
  const isEarly = !('petrify' in one) || (isObject(one.program) && !('searchPath' in one.program));
  return isEarly ? `an early ${version}` : undefined;
}
