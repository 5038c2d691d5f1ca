/** The published schema of an ImmutabilityProfile: what a stranger's file must be before it is believed. */
import { z } from 'zod';
import type { ImmutabilityProfile } from './profile.ts';
import { PROFILE_API_VERSION } from './profile.ts';

const id = z
  .int()
  .min(0)
  .max(2 ** 32 - 2);
const absolutePath = z.string().regex(/^\//, 'an absolute path').max(4096);
const kind = z.enum(['scratch', 'cache', 'log', 'socket', 'configuration', 'state']);
const collector = z.enum(['engine-changes', 'kernel-events', 'system-calls', 'log-lines', 'image-config', 'catalogue']);

const evidence = z.strictObject({
  collector,
  path: absolutePath.describe('Inside the container, as seen.'),
  what: z.enum(['create', 'mkdir', 'modify', 'delete', 'rename', 'attributes', 'refused', 'declared']),
  atMs: z.number().min(0).optional().describe("Milliseconds after the container's start."),
  type: z.enum(['file', 'directory', 'socket', 'fifo', 'symlink', 'other']).optional(),
  detail: z.string().describe('What proves it.'),
  errno: z.enum(['EROFS', 'EACCES', 'EPERM']).optional(),
  phase: z.enum(['start-up', 'steady', 'reload', 'shutdown', 'restart']).optional(),
  bytes: z.number().min(0).optional(),
  kind: kind.optional().describe('The kind that the source itself states.'),
});

const writablePath = z.strictObject({
  path: absolutePath.describe("Canonical: the image's symlinks are resolved."),
  kind,
  shippedFiles: z.int().min(0).describe('Files of the image that an empty volume would hide.'),
  owner: z.strictObject({ uid: id, gid: id, mode: z.int().min(0).max(0o7777) }).optional(),
  bytes: z.number().min(0).describe('Largest size seen.'),
  evidence: z.array(evidence),
});

const residual = z.strictObject({
  what: z.string(),
  kind: z.enum(['volume', 'kernel-interface', 'technique']),
  executable: z.boolean(),
  why: z.string(),
});

const coverage = z.strictObject({
  ready: z.boolean(),
  requests: z.int().min(0),
  seconds: z.number().min(0),
  reload: z.boolean().optional().describe('It reloaded its configuration (SIGHUP) while it was watched.'),
  shutdown: z.boolean().describe('An orderly shutdown was observed.'),
  restart: z
    .boolean()
    .optional()
    .describe('It was started again on the same volumes, after its end and after a crash.'),
  collectors: z.array(z.strictObject({ collector, ran: z.boolean(), note: z.string().optional() })),
});

const container = z.strictObject({
  name: z.string().min(1),
  image: z.string().min(1),
  imageId: z.string(),
  user: z.strictObject({ uid: id, gid: id, from: z.enum(['manifest', 'image', 'trial']) }),
  capabilities: z.array(z.string().regex(/^[A-Z_]+$/)),
  writable: z.array(writablePath),
  residual: z.array(residual),
  coverage,
});

export const profileSchema = z.strictObject({
  apiVersion: z.literal(PROFILE_API_VERSION),
  kind: z.literal('ImmutabilityProfile'),
  // A cluster adds labels, a uid and more.
  metadata: z.looseObject({ name: z.string().min(1), namespace: z.string().optional() }),
  spec: z.strictObject({
    workload: z.strictObject({ apiVersion: z.string(), kind: z.string(), name: z.string() }),
    containers: z.array(container),
  }),
});

/** A compile-time promise: whatever the schema accepts is a profile. */
export type CheckedProfile = z.infer<typeof profileSchema> extends ImmutabilityProfile ? ImmutabilityProfile : never;

/** The JSON Schema for docs/schema/immutabilityprofile.v1alpha1.json. */
export function profileJsonSchema(): Record<string, unknown> {
  return {
    $id: 'https://petrify.dev/schema/immutabilityprofile.v1alpha1.json',
    title: 'ImmutabilityProfile',
    description: 'What a container is allowed to change.',
    ...z.toJSONSchema(profileSchema),
  };
}
