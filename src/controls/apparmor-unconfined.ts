/** AppArmor switched off, by the field or by the annotations that were before it. */
import { podOf } from '../workload/pod.ts';
import { isObject, objectOr, textOf } from '../workload/value.ts';
import type { PodControl, Violation } from './control.ts';
import { hardeningGuide, kubernetes, podSecurity } from './references.ts';
import { everyContext, securityContexts } from './security-contexts.ts';

const PREFIX = 'container.apparmor.security.beta.kubernetes.io/';
const CONFINES: ReadonlySet<unknown> = new Set(['RuntimeDefault', 'Localhost']);

const control: PodControl = {
  id: 'apparmor-unconfined',
  on: 'pod',
  title: 'AppArmor is not switched off',
  why: `On nodes with AppArmor the runtime's default profile forbids mounting and writing to /proc/sys and /sys, whatever
capabilities a container has. \`appArmorProfile: {type: Unconfined}\`, or the annotation
\`container.apparmor.security.beta.kubernetes.io/NAME: unconfined\` of older clusters, takes that net away. The root
filesystem stays read-only as long as nothing else undoes it.`,
  verdict: 'immutable',
  level: 'standard',
  references: [
    podSecurity('baseline'),
    hardeningGuide('pod security enforcement'),
    kubernetes('AppArmor', 'tutorials/security/apparmor/'),
  ],
  aliases: ['Gatekeeper: K8sPSPAppArmor', 'Kyverno: restrict-apparmor-profiles', 'Trivy: KSV-0002'],
  podSecurity: ['appArmorProfile'],
  check({ workload }) {
    const violations: Violation[] = [];
    for (const { who, values, path } of securityContexts(workload)) {
      if (!isObject(values.appArmorProfile)) continue;
      const { type } = objectOr(values.appArmorProfile);
      if (CONFINES.has(type)) continue;
      const args = { who, type: textOf(type) ?? '(no type)' };
      violations.push({ path: [...path, 'appArmorProfile', 'type'], verdict: 'immutable', args });
    }
    const annotations = podOf(workload).metadata.annotations;
    for (const key of Object.keys(annotations)) {
      const value = annotations[key];
      if (!key.startsWith(PREFIX) || typeof value !== 'string' || confines(value)) continue;
      const path = [...workload.podSpecPath.slice(0, -1), 'metadata', 'annotations', key];
      const args = { who: `The annotation of container ${key.slice(PREFIX.length)}`, type: value };
      violations.push({ path, verdict: 'immutable', args });
    }
    return violations;
  },
  phrase: 'AppArmor is switched off',
  message: ({ who, type }) => `${who} sets the AppArmor profile ${type}: the runtime's profile does not apply.`,
  fix: { kind: 'safe', describe: 'Remove it: the runtime then applies its default profile.' },
  cel: everyContext(
    // Since 1.30 the API server has written the annotations of a pod into its fields before this is asked.
    (context) =>
      `!has(${context}.appArmorProfile) || ${context}.appArmorProfile.type in ['RuntimeDefault', 'Localhost']`,
  ),
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
        appArmorProfile:
          type: Unconfined # <-
`,
  good: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
        appArmorProfile:
          type: RuntimeDefault
`,
};

/** Values of the annotation as Pod Security reads them. */
function confines(value: string): boolean {
  return value === '' || value === 'runtime/default' || value.startsWith('localhost/');
}

export default control;
