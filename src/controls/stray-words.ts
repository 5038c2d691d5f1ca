/** A key that Kubernetes does not know, as arguments of a finding and as a sentence. */
import type { StructName } from '../workload/pod-fields.ts';
import type { StrayField } from '../workload/stray-fields.ts';
import type { Finding, Violation } from './control.ts';

/** Longest part of a stranger's key that a sentence repeats. */
const MAX_QUOTED = 60;

/** What people call the places; any other is called by its own name. */
const PLACES: Partial<Readonly<Record<StructName, string>>> = {
  Container: 'a container',
  CronJobSpec: 'the `spec` of a CronJob',
  DaemonSetSpec: 'the `spec` of a DaemonSet',
  DeploymentSpec: 'the `spec` of a Deployment',
  EphemeralContainer: 'an ephemeral container',
  JobSpec: 'the `spec` of a Job',
  JobTemplateSpec: 'the `jobTemplate`',
  ObjectMeta: '`metadata`',
  PodSecurityContext: "the pod's `securityContext`",
  PodSpec: "the pod's `spec`",
  PodTemplateSpec: "the pod's `template`",
  ReplicaSetSpec: 'the `spec` of a ReplicaSet',
  SecurityContext: "a container's `securityContext`",
  StatefulSetSpec: 'the `spec` of a StatefulSet',
  VolumeMount: 'a volume mount',
};

export function strayViolation({ path, name, within, meant, belongs }: StrayField): Violation {
  const args = {
    field: quoted(name),
    within: placeOf(within),
    meant: meant ?? '',
    belongs: belongs === undefined || belongs === within ? '' : placeOf(belongs),
  };
  return { path, verdict: 'immutable', args };
}

/** What is wrong with it, what becomes of it, and what was meant. */
export function strayWords({ field, within, meant, belongs }: Finding['args']): string {
  const what = `Kubernetes has no field \`${field}\` in ${within}: it refuses or drops it, and nothing is set.`;
  if (meant === '') return what;
  if (meant === field) return `${what} It belongs in ${belongs}.`;
  return `${what} Perhaps \`${meant}\` was meant${belongs === '' ? '' : `, in ${belongs}`}.`;
}

function placeOf(name: StructName): string {
  return PLACES[name] ?? `a ${name}`;
}

function quoted(text: string): string {
  return text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text;
}
