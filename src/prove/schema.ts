/** The published schema of a proof: what a stranger's file must be before it is believed. */
import { z } from 'zod';
import { FAMILIES } from './attack.ts';
import { COVERAGE_SCHEMA, type Coverage } from './covers.ts';
import { LAYERS } from './layer.ts';
import { PROOF_LIST_SCHEMA, PROOF_SCHEMA, type Proof, type ProofList } from './proof.ts';

/** Kubernetes and Linux allow nothing near these: what is longer is no proof. */
const MAX_NAME = 4_096;
const MAX_SENTENCE = 65_536;
/** Attempts are some per attack and mount; a manifest is at most some megabytes. */
const MAX_ITEMS = 20_000;

const name = z.string().max(MAX_NAME);
const sentence = z.string().max(MAX_SENTENCE);
const list = <T extends z.ZodType>(item: T) => z.array(item).max(MAX_ITEMS);
const id = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);

const verdict = z.enum(['mutable', 'bypassable', 'immutable', 'proven']);

const attempt = z.object({
  id: name,
  title: sentence,
  technique: name.describe('MITRE ATT&CK, matrix for containers.'),
  family: z.enum(FAMILIES),
  outcome: z.enum(['blocked', 'residual', 'succeeded', 'unknown']),
  errno: name.nullable().describe('EROFS, EACCES, EPERM …; null: nothing was refused.'),
  layer: z.enum(LAYERS).nullable().describe('What stood in the way; null: nothing did, or it is not known.'),
  detail: sentence,
  control: z.enum(['succeeded', 'failed', 'not-run']).describe('The same attack on a twin without the control.'),
});

const writability = z
  .object({
    by: z
      .enum(['everybody', 'this group', 'this user', 'only root'])
      .describe('Whom the permissions of the place let, with no capability.'),
    fileSystem: name,
    source: name.describe(
      'The kind of the volume, or who has made it: kubelet, runtime, kernel, root file system, VOLUME of the image, undeclared.',
    ),
    sizeLimit: z
      .object({ bytes: z.number().min(0), by: z.enum(['mount', 'manifest']) })
      .nullable()
      .describe('null: none.'),
    execution: z
      .enum(['ran', 'refused', 'noexec', 'not-tried', 'no-files'])
      .describe('Whether a program that was dropped there ran.'),
    survives: z
      .object({ container: z.boolean(), pod: z.boolean() })
      .describe('Whether what is written is still there when the container, or the pod, is started anew.'),
  })
  .nullable()
  .describe('Found by trying; null: a technique, or a place of another container.');

const residual = z.object({
  what: name,
  kind: z.enum(['volume', 'kernel-interface', 'technique']),
  executable: z.boolean(),
  why: sentence,
  declared: z.boolean().describe('The manifest declares it; where a profile was given, the profile does.'),
  acceptable: z
    .boolean()
    .describe('Declared, or what every container has; false: an attack succeeded there, or it is beyond the profile.'),
  writability,
});

const closed = z.object({
  path: name,
  source: name,
  readOnly: z.boolean().describe('The mount itself is; false: permissions refused, and another user may be let.'),
  errno: name,
  layer: z.enum(LAYERS).nullable(),
});

const specVerdict = z.enum(['mutable', 'bypassable', 'immutable']);

const image = z.object({
  name: name.describe('As the manifest writes it.'),
  id: name.describe("The engine's id, the hash of the image's configuration; empty: not known."),
  digests: list(name).describe('registry/name@sha256:…; none for an image that no registry has given.'),
  user: name.nullable().describe('USER of the image; null: not known.'),
  volumes: list(name).describe('VOLUMEs of the image.'),
});

const settings = z
  .object({
    user: id.nullable().describe("null: the image's USER decides; `identity` says what it came to."),
    group: id.nullable(),
    supplementaryGroups: list(id),
    runAsNonRoot: z.boolean(),
    readOnlyRootFilesystem: z.boolean(),
    privileged: z.boolean(),
    allowPrivilegeEscalation: z.boolean(),
    capabilities: z.object({
      add: list(name),
      drop: list(name),
      bounding: list(name).describe('What `add` and `drop` come to.'),
    }),
    seccomp: name.nullable().describe('RuntimeDefault, Unconfined, Localhost: FILE; null: not set.'),
    appArmor: name.nullable(),
    seLinux: name.nullable().describe('user:role:type:level; null: not set.'),
    procMount: name,
    hostUsers: z.boolean(),
    hostPID: z.boolean(),
    hostIPC: z.boolean(),
    hostNetwork: z.boolean(),
    shareProcessNamespace: z.boolean(),
    terminationMessagePath: name,
    devices: list(name).describe('Block devices of volumes, by their path in the container.'),
  })
  .describe('What applies, after the precedence of Kubernetes: container over pod over default.');

const mount = z.object({
  path: name,
  volume: name,
  kind: name.nullable().describe('emptyDir, configMap …; null: the pod has no volume of that name.'),
  source: sentence
    .nullable()
    .describe('What the volume brings from elsewhere, as JSON: a claim, an image; null: nothing, or configuration.'),
  readOnly: z.boolean(),
  subPath: name.nullable(),
  sizeLimit: name.nullable(),
  medium: name.nullable(),
  hostPath: name.nullable().describe('The directory of the host behind a hostPath.'),
  propagation: name.nullable(),
  options: list(name).describe('Options that are asked for: noexec.'),
});

const program = z
  .object({
    command: list(sentence).nullable(),
    args: list(sentence).nullable(),
    workingDir: name.nullable(),
    searchPath: sentence.nullable().describe('PATH, by which a program without a slash is found.'),
  })
  .describe('What the manifest runs; null: what the image says.');

const basis = { image, settings, mounts: list(mount), program };

const bystander = z.object({
  name,
  role: z.enum(['init', 'sidecar', 'main', 'ephemeral']),
  verdict: specVerdict.describe('By its specification.'),
  ...basis,
});

const proofSchema = z
  .object({
    schema: z.literal(PROOF_SCHEMA),
    petrify: name.describe('The version of Petrify that made it.'),
    verdict,
    workload: z.object({ apiVersion: name, kind: name, namespace: name.nullable(), name, container: name }),
    where: sentence.describe('Where it was proven: a sandbox or a cluster, runtime, kernel.'),
    environment: z.object({
      engine: name,
      engineVersion: name,
      runtime: name.nullable().describe('What starts the containers: runc; null: not known.'),
      kernel: name.nullable().describe('null: the containers ran on another machine.'),
      architecture: name.describe('x64, arm64.'),
    }),
    ...basis,
    identity: z
      .object({ uid: id, gid: id, capabilities: name.describe('CapEff, 16 hexadecimal digits.') })
      .nullable()
      .describe('Read back inside of the container; null: nothing could be read.'),
    bystanders: list(bystander).describe('The other containers of the pod that have no proof of their own.'),
    differences: list(sentence).describe('What the sandbox could not give as Kubernetes would.'),
    time: z.iso.datetime({ offset: true }),
    attempts: list(attempt),
    residual: list(residual).describe('What stays writable or usable, whatever the manifest says.'),
    closed: list(closed).describe('Mounts and files that were tried and cannot be written.'),
    notAttempted: list(z.object({ id: name, reason: sentence })),
    traces: list(sentence).describe('What the attacks left behind; none is what must be.'),
    specification: z
      .object({ verdict: specVerdict, findings: list(z.object({ control: name, verdict: specVerdict })) })
      .describe('What the manifest alone says, and the controls that say so, worst first.'),
    reasons: list(sentence).describe('Why it is not proven; empty when it is.'),
  })
  .describe(
    'The proof of one container, as `petrify prove --format json` prints it. New keys may be added.',
  ) satisfies z.ZodType<Proof>;

const proofListSchema = z
  .object({
    schema: z.literal(PROOF_LIST_SCHEMA),
    verdict: verdict.nullable().describe('The worst of the proofs.'),
    proofs: list(proofSchema),
  })
  .describe(
    'The proofs of several containers, as `petrify prove --format json` prints them.',
  ) satisfies z.ZodType<ProofList>;

/** Either form, by the name that the document gives itself. */
export const proofDocumentSchema = z.discriminatedUnion('schema', [proofSchema, proofListSchema]);

const coverageSchema = z
  .object({
    schema: z.literal(COVERAGE_SCHEMA),
    covers: z.boolean(),
    reasons: list(
      z.object({
        kind: z.enum(['workload', 'container', 'image', 'setting', 'mount', 'program', 'verdict', 'age', 'form']),
        workload: sentence.nullable().describe('null: it is about the whole proof.'),
        container: name.nullable(),
        message: sentence,
      }),
    ).describe('Why the proof does not cover the manifest; empty when it does.'),
    notes: list(sentence).describe('Where it was proven, and what could not be compared.'),
  })
  .describe('What `petrify prove --verify PROOF --format json` prints.') satisfies z.ZodType<Coverage>;

/** The published documents by file name. Readers must accept keys that they do not know, so none are forbidden. */
export function proofJsonSchemas(): ReadonlyMap<string, unknown> {
  const document = (schema: z.ZodType, file: string): unknown => {
    const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' });
    return { $schema, $id: `https://petrify.dev/schema/${file}`, ...rest };
  };
  return new Map([
    ['proof.v1alpha1.json', document(proofSchema, 'proof.v1alpha1.json')],
    ['coverage.v1alpha1.json', document(coverageSchema, 'coverage.v1alpha1.json')],
    ['prooflist.v1alpha1.json', document(proofListSchema, 'prooflist.v1alpha1.json')],
  ]);
}
