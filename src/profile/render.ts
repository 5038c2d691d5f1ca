/** An ImmutabilityProfile as text, and back. */
import { dump, load } from 'js-yaml';
import { Failure } from '../failure.ts';
import type { ImmutabilityProfile } from './profile.ts';
import { type CheckedProfile, profileSchema } from './schema.ts';

/** A profile holds at most some hundred pieces of evidence; more than this is none. */
const MAX_LENGTH = 16 * 1024 * 1024;
/** Problems named in one message. */
const MAX_PROBLEMS = 3;

/** YAML or JSON, each ending with a line end. */
export function renderProfile(profile: ImmutabilityProfile, format: 'yaml' | 'json'): string {
  return format === 'json' ? `${JSON.stringify(profile, null, 2)}\n` : dump(profile, { lineWidth: -1, noRefs: true });
}

/** Reads YAML or JSON. Throws Failure('bad-manifest') that names the file and what is wrong with it. */
export function readProfile(file: string, text: string): ImmutabilityProfile {
  const refuse = (why: string, cause?: unknown) =>
    new Failure('bad-manifest', `${file} is no ImmutabilityProfile: ${why}`, { cause });
  if (text.length > MAX_LENGTH) throw refuse('it is too long');
  let value: unknown;
  try {
    value = load(text, { filename: file });
  } catch (error) {
    throw refuse((error as Error).message.split('\n', 1)[0] ?? '', error);
  }
  const checked = profileSchema.safeParse(value);
  if (checked.success) return checked.data as CheckedProfile;
  const problems = checked.error.issues
    .slice(0, MAX_PROBLEMS)
    .map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
  throw refuse(problems.join('; '));
}
