/** The published schema of the catalogue's files: what a contributed entry must be before it is believed. */
import { z } from 'zod';
import type { CatalogueEntry, RuntimeEntry } from './entry.ts';

/** A sentence in a catalogue, not a document. */
const MAX_TEXT = 500;

const text = z.string().trim().min(1).max(MAX_TEXT);
const plainPath = z
  .string()
  .max(4096)
  .regex(/^\/(?!.*(?:^|\/)\.{1,2}(?:\/|$))(?:[^/\0]+\/)*[^/\0]+$/, 'an absolute, plain path');
/** At most two `**`, so that no file can make matching slow. */
const glob = z
  .string()
  .max(256)
  .regex(
    /^(?:\/|\*\*\/)(?!.*(?:\*\*.*){3})(?!.*(?:[^/]\*\*|\*\*[^/]))[^[\]{}\0]+$/,
    'an absolute path with ?, * and **',
  );

const founded = {
  confidence: z
    .enum(['A', 'B', 'C', 'D'])
    .describe(
      'A: official documentation, or a chart that runs this image read-only. B: a chart for another build of the image, or one that mounts the path without a read-only root. C: reports of users, or a run of petrify observe. D: general knowledge.',
    ),
  source: z.array(text).min(1).describe('Documents, charts, issues, or the run that saw it.'),
};

const path = z.strictObject({
  path: plainPath.describe('As the image names it.'),
  kind: z
    .enum(['scratch', 'cache', 'log', 'socket', 'configuration', 'state'])
    .describe('What it is for; state belongs on a persistent volume.'),
  why: text,
  type: z
    .literal('file')
    .optional()
    .describe('Exactly this file, beside others that the image ships. Default: a directory.'),
  shipsFiles: z.boolean().optional().describe('The image ships files there, which an empty volume would hide.'),
  executed: z.boolean().optional().describe('Programs or libraries are loaded from here.'),
  when: text.optional().describe('Written only in this case, which a plan does not assume.'),
  ...founded,
});

const knob = z
  .strictObject({
    id: z
      .string()
      .max(63)
      .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/),
    paths: z
      .array(glob)
      .min(1)
      .describe(
        'What it makes needless: `?` stands for one character, `*` for a part of one name, `**` for any number of directories, also none.',
      ),
    besides: z
      .array(glob)
      .min(1)
      .optional()
      .describe('What it makes needless too, but others write as well: they alone are no reason for it.'),
    env: z
      .strictObject({
        name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
        value: z.string().max(MAX_TEXT),
        append: z.boolean().optional().describe('Added behind a value that is there already, after a space.'),
      })
      .optional(),
    args: z.array(text).min(1).optional().describe("Appended to the container's args; only in an image's own file."),
    movesTo: plainPath.optional().describe('Where it writes instead. Absent: nowhere.'),
    because: text,
    ...founded,
  })
  .refine(({ env, args }) => (env === undefined) !== (args === undefined), 'either env or args');

export const entrySchema = z
  .strictObject({
    image: text,
    names: z
      .array(
        z
          .string()
          .max(255)
          .regex(/^(?:\*\/[a-z0-9][a-z0-9._-]*|[a-z0-9][a-z0-9._/-]*(?:\/\*)?)$/),
      )
      .min(1)
      .describe(
        'Repositories without registry and tag: exact, `*/name` for that name in any organisation, or `organisation/*`.',
      ),
    paths: z.array(path),
    writesNothing: z.strictObject(founded).optional().describe('Stated where nothing needs to be writable.'),
    knobs: z.array(knob).optional(),
    notes: z.array(text).optional(),
  })
  .refine(
    ({ paths, writesNothing }) => paths.some(({ when }) => when === undefined) === (writesNothing === undefined),
    'either paths that are always written, or writesNothing',
  );

export const runtimeSchema = z.strictObject({
  runtime: text,
  knobs: z
    .array(knob.refine(({ args }) => args === undefined, 'no args: the program of the image is not known'))
    .min(1),
  notes: z.array(text).optional(),
});

/** Compile-time promises: whatever the schemas accept is an entry. */
export type CheckedEntry = z.infer<typeof entrySchema> extends CatalogueEntry ? CatalogueEntry : never;
export type CheckedRuntime = z.infer<typeof runtimeSchema> extends RuntimeEntry ? RuntimeEntry : never;

/** The JSON Schema for docs/schema/catalogue.v1alpha1.json: an image's file, or a runtime's. */
export function catalogueJsonSchema(): Record<string, unknown> {
  const { $schema, ...either } = z.toJSONSchema(z.union([entrySchema, runtimeSchema]), { io: 'input' });
  return {
    $schema,
    $id: 'https://petrify.dev/schema/catalogue.v1alpha1.json',
    title: 'Catalogue entry',
    description: 'A file of catalog/ (an image family) or of catalog/runtimes/ (a runtime).',
    ...either,
  };
}
