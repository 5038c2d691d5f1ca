/** A claim handed over as a raw block device: a writable place below every filesystem. */
import { isObject, listOf, textOf } from '../workload/value.ts';
import type { ContainerControl, Violation } from './control.ts';
import { kubernetes, technique } from './references.ts';

const control: ContainerControl = {
  id: 'block-device',
  on: 'container',
  title: 'No raw block device is handed over',
  why: `\`volumeDevices\` gives the container a block device instead of a mounted filesystem. There is no \`readOnly\` for it, no mount
option holds, and what lies there is seen by no scanner. Databases that do their own storage need it. It does not touch the
root filesystem.`,
  verdict: 'immutable',
  level: 'strict',
  references: [
    kubernetes('raw block volumes', 'concepts/storage/persistent-volumes/#raw-block-volume-support'),
    technique('T1006', 'Direct Volume Access'),
  ],
  aliases: [],
  check({ container }) {
    const violations: Violation[] = [];
    for (const [index, device] of listOf(container.spec.volumeDevices).entries()) {
      if (!isObject(device)) continue;
      const args = { devicePath: textOf(device.devicePath) ?? '(no path)', claim: textOf(device.name) ?? '(no name)' };
      violations.push({ path: [...container.path, 'volumeDevices', index], verdict: 'immutable', args });
    }
    return violations;
  },
  phrase: 'a raw block device is writable',
  message: ({ devicePath, claim }) =>
    `${devicePath} is the raw block device of the claim ${claim}: it can be written past any filesystem.`,
  fix: {
    kind: 'needs-human',
    why: 'Whether the application can use a filesystem instead is a decision about its storage.',
  },
  cel: '!has(c.volumeDevices) || c.volumeDevices.all(d, false)',
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
      volumeDevices:
        - name: data # <-
          devicePath: /dev/data
  volumes:
    - name: data
      persistentVolumeClaim:
        claimName: data
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
      volumeMounts:
        - name: data
          mountPath: /data
  volumes:
    - name: data
      persistentVolumeClaim:
        claimName: data
`,
};

export default control;
