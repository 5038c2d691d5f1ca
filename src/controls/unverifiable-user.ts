/** The kubelet cannot tell whether a user's name is root, and refuses to start the container. */
import type { ContainerControl } from './control.ts';
import { kubernetes, podSecurity } from './references.ts';

/** Longest name of a stranger's that a sentence repeats. */
const MAX_NAME = 40;

const control: ContainerControl = {
  id: 'unverifiable-user',
  on: 'container',
  title: 'The kubelet can tell that the user is not root',
  why: `With \`runAsNonRoot: true\` the kubelet compares numbers. Where the image's USER is a name and no \`runAsUser\` is set, it has
none, and the container never starts: "image has non-numeric user, cannot verify user is non-root". People then remove
\`runAsNonRoot\`. The number belongs in the manifest.`,
  verdict: 'immutable',
  level: 'standard',
  references: [
    kubernetes('security context', 'tasks/configure-pod-container/security-context/'),
    podSecurity('restricted'),
  ],
  aliases: [],
  check({ container, image }) {
    const { runAsUser, runAsNonRoot } = container.settings;
    if (image === undefined || runAsUser.value !== undefined || runAsNonRoot.value !== true) return [];
    const name = image.user.split(':', 1)[0] ?? '';
    if (name === '' || /^\d+$/.test(name)) return [];
    const args = { name: name.slice(0, MAX_NAME), uid: name === 'root' ? 0 : (image.uid ?? -1) };
    return [{ path: runAsUser.path, verdict: 'immutable', args }];
  },
  phrase: 'the kubelet refuses its user',
  message({ name, uid }) {
    const what = `The image's USER is the name ${name}: with \`runAsNonRoot: true\` alone the kubelet refuses to start it.`;
    if (uid === 0) return `${what} It is root, so another user has to be chosen.`;
    return `${what} Write ${uid === -1 ? 'its number' : `\`runAsUser: ${uid}\``}.`;
  },
  fix: {
    kind: 'needs-evidence',
    describe: "Set `runAsUser` to the number that the image's passwd file has for the name.",
  },
  exampleImage: { user: 'web', uid: 101, volumes: [] },
  cel: { impossible: 'The API server does not see the configuration of an image.' },
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    runAsNonRoot: true
  containers:
    - name: web
      image: registry.example/web:1
      securityContext: # <- no number
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
  good: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    runAsNonRoot: true
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        runAsUser: 101
        capabilities:
          drop: [ALL]
`,
};

export default control;
