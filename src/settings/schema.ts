/** The published schema of petrify.yaml. Loads zod: only where a settings file is read. */
import { z } from 'zod';
import { isDate } from '../workload/exceptions.ts';

/** Longest list of a settings file: more is a generated file, and every finding would be held against all of it. */
const MAX_ENTRIES = 10_000;
const MAX_TEXT = 4096;

const text = z.string().min(1).max(MAX_TEXT);
const level = z.enum(['minimal', 'standard', 'strict']);
const reason = text.describe('Why; printed wherever it is used.');
const version = z.string().regex(/^v?1\.\d{1,3}(\.\d{1,4})?$/, 'a version in quotes, "1.36"');

const exception = z.strictObject({
  control: text.describe('Id of a control, as findings name it.'),
  kind: text.optional().describe('Absent, as every other of these: any.'),
  namespace: text.optional(),
  name: text.optional(),
  container: text.optional(),
  reason,
  until: z
    .string()
    .refine(isDate, 'a day, YYYY-MM-DD')
    .optional()
    .describe('The last day on which it holds, YYYY-MM-DD; past it, the exception is a finding itself.'),
});

const control = z
  .strictObject({
    enabled: z
      .boolean()
      .optional()
      .describe('false: what it finds is not reported. It counts for the verdicts all the same.'),
    level: level.optional().describe('The mildest level that reports it.'),
    reason,
  })
  .refine((one) => one.enabled !== undefined || one.level !== undefined, 'enabled or level beside the reason');

export const settingsSchema = z.strictObject({
  apiVersion: z.literal('petrify.dev/v1alpha1').optional(),
  kind: z.literal('Settings').optional(),
  level: level.optional().describe('Which controls are reported.'),
  failOn: z.enum(['mutable', 'bypassable', 'finding', 'never']).optional().describe('What makes check fail.'),
  kubernetesVersion: version.optional().describe('The cluster that is judged for, in quotes: "1.36".'),
  controls: z.record(z.string(), control).optional().describe('By id.'),
  exceptions: z.array(exception).max(MAX_ENTRIES).optional().describe('Findings that somebody accepted.'),
  exclude: z.array(text).max(MAX_ENTRIES).optional().describe('Globs of files that are not read.'),
  known: text.optional().describe('A file of known findings, relative to this one.'),
  helmValues: z.array(text).max(MAX_ENTRIES).optional().describe('Values files for charts, relative to this one.'),
  allowNetwork: z.boolean().optional().describe('Whether Helm and Kustomize may fetch.'),
});

export type SettingsFile = z.infer<typeof settingsSchema>;

const count = z.int().min(1).max(1_000_000);

export const knownSchema = z.strictObject({
  schema: z.literal('petrify.dev/known/v1alpha1'),
  findings: z.array(
    z.strictObject({
      file: z.string().describe('Relative to the folder of this file.'),
      kind: z.string(),
      namespace: z.string().optional(),
      name: z.string(),
      container: z.string().optional().describe('Absent: a finding of the pod or object as a whole.'),
      control: z.string(),
      verdict: z.enum(['mutable', 'bypassable', 'immutable']).describe('What it made of the container.'),
      args: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).describe('What it was about.'),
      count: count.describe('How often in this object.'),
    }),
  ),
});

/** The published documents by file name. */
export function settingsSchemaDocuments(): ReadonlyMap<string, unknown> {
  const document = (name: string, title: string, description: string, schema: z.ZodType): unknown => {
    const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
    return { $schema, $id: `https://petrify.dev/schema/${name}`, title, description, ...rest };
  };
  const settings = document('settings.v1alpha1.json', 'Settings', 'The settings file petrify.yaml.', settingsSchema);
  const known = document('known.v1alpha1.json', 'Known findings', 'What check --record-known writes.', knownSchema);
  return new Map([
    ['known.v1alpha1.json', known],
    ['settings.v1alpha1.json', settings],
  ]);
}
