/** The published JSON contract of `check` as a schema: `docs/schema/` is generated from these. Never loaded by a command. */
import { z } from 'zod';
import { CHECK_SCHEMA } from './json.ts';

const specVerdict = z.enum(['mutable', 'bypassable', 'immutable']);
const path = z.array(z.union([z.string(), z.int()])).describe('Keys and indexes from the top of the document.');
const line = z.int().min(1).describe('From 1.');

const finding = z.object({
  control: z.string().describe('Id of the control; `petrify explain ID` tells more.'),
  verdict: specVerdict.describe('What this finding makes of the container; immutable: it changes nothing.'),
  level: z.enum(['minimal', 'standard', 'strict']).describe('The mildest level that reports it.'),
  path: path.describe('Where it stands, or where the missing field would be written.'),
  line,
  column: line,
  phrase: z.string().describe('The finding in a few words.'),
  message: z.string().describe('The finding in a sentence.'),
  fix: z
    .object({ kind: z.enum(['safe', 'needs-evidence', 'needs-human']), text: z.string() })
    .describe('What to do; needs-human: why only a person can decide.'),
  standing: z
    .union([
      z.object({ kind: z.literal('counts') }),
      z.object({
        kind: z.literal('excepted'),
        reason: z.string(),
        until: z.string().nullable().describe('The last day on which it holds, YYYY-MM-DD; null: for ever.'),
        by: z.enum(['annotation', 'settings']),
      }),
      z.object({ kind: z.literal('known') }),
    ])
    .describe('Whether it makes check fail, and if not, why not.'),
});

const writable = z.object({
  path: z.string(),
  volume: z.string().nullable().describe('null: no volume, but the file of the termination message.'),
  kind: z
    .string()
    .nullable()
    .describe('emptyDir, hostPath, terminationMessagePath …; null: the pod has no volume of that name.'),
  executable: z.boolean().describe('Whether a file dropped there can be executed in some cluster.'),
  noexecRequested: z
    .boolean()
    .describe('Whether the mount asks for noexec, which holds only where the cluster supports it.'),
  writtenBy: z
    .string()
    .nullable()
    .describe('The container that writes it where the mount is read-only here; null: this container itself can.'),
});

const origin = {
  rendered: z
    .object({ by: z.enum(['helm', 'kustomize', 'cluster']), from: z.string() })
    .nullable()
    .describe("What printed the text, so that lines are of that; null: the text and its lines are the file's own."),
  live: z
    .object({
      owner: z.object({ apiVersion: z.string(), kind: z.string(), name: z.string() }).nullable(),
      pods: z.array(z.string()),
      injected: z.record(z.string(), z.string()).describe('Containers that the template of the owner does not have.'),
    })
    .nullable()
    .describe('What a cluster knows beside the object; null: it was not read from one.'),
};

const container = z.object({
  name: z.string(),
  role: z.enum(['init', 'sidecar', 'main', 'ephemeral']),
  image: z.string().nullable(),
  verdict: specVerdict,
  findings: z.array(finding).describe('Worst first.'),
  writable: z.array(writable).describe('Places that can be written while the container runs.'),
});

const workload = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string().nullable(),
  name: z.string(),
  source: z.object({ file: z.string(), document: z.int().min(0).describe('From 0.'), line }),
  podSpecPath: path,
  verdict: specVerdict.describe('The worst of its containers.'),
  belowLevel: z.int().min(0).describe('Findings that the level leaves out; they count for the verdict all the same.'),
  ...origin,
  findings: z.array(finding).describe('What is said once for the whole pod, worst first.'),
  containers: z.array(container),
});

const object = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  namespace: z.string().nullable(),
  name: z.string(),
  source: z.object({ file: z.string(), document: z.int().min(0).describe('From 0.'), line }),
  ...origin,
  findings: z.array(finding),
});

const notice = z.object({
  file: z.string(),
  line: line.optional(),
  message: z.string(),
  hint: z.string().optional(),
});

const number = z.int().min(0);
const byVerdict = z.object({ mutable: number, bypassable: number, immutable: number });
const tally = z.object({
  workloads: byVerdict,
  objects: number,
  findings: byVerdict.describe('Those that count, by what they make of a container.'),
  excepted: number,
  known: number,
  belowLevel: number.describe('Findings that the level leaves out; they count for the verdicts all the same.'),
});

const unreadable = z.object({
  file: z.string(),
  line,
  column: line.optional(),
  message: z.string(),
  hint: z.string().optional(),
});

export const checkSchema = z
  .object({
    schema: z.literal(CHECK_SCHEMA),
    workloads: z.array(workload),
    objects: z.array(object).describe('Roles, Namespaces, ConfigMaps … of which something is to be said.'),
    unreadable: z.array(unreadable),
    notices: z.array(notice).describe('What was passed over on purpose.'),
    tally,
  })
  .describe('What `petrify check --format json` prints. New keys may be added; none changes its meaning.');

/** The published documents by file name. Readers must accept keys that they do not know, so none are forbidden. */
export function schemaDocuments(): ReadonlyMap<string, unknown> {
  const document = (schema: z.ZodType, name: string): unknown => {
    const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
    return { $schema, $id: `https://petrify.dev/schema/${name}`, ...rest };
  };
  return new Map([['check.v1alpha1.json', document(checkSchema, 'check.v1alpha1.json')]]);
}
