/** Volumes of kinds that Pod Security at level restricted does not allow. */
import { isObject, listOf, textOf } from '../workload/value.ts';
import type { PodControl, Violation } from './control.ts';
import { kubernetes, podSecurity } from './references.ts';

const ALLOWED = 'configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret'.split(' ');
const OTHERS = (
  'awsElasticBlockStore azureDisk azureFile cephfs cinder fc flexVolume flocker gcePersistentDisk gitRepo glusterfs ' +
  'iscsi nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume'
).split(' ');

const control: PodControl = {
  id: 'restricted-volume-type',
  on: 'pod',
  title: 'Volumes are of the kinds that restricted allows',
  why: `An inline nfs, iscsi or vendor volume reaches storage with what the manifest says, past the claims by which a cluster
decides who may mount what; the kubelet clones a gitRepo as root. The Pod Security level restricted allows configMap,
csi, downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim, projected and secret. hostPath has its own control.`,
  verdict: 'immutable',
  level: 'strict',
  references: [podSecurity('restricted'), kubernetes('volumes', 'concepts/storage/volumes/')],
  aliases: ['Gatekeeper: K8sPSPVolumeTypes', 'Kyverno: restrict-volume-types', 'Trivy: KSV-0028'],
  podSecurity: ['restrictedVolumes'],
  check({ workload }) {
    const violations: Violation[] = [];
    for (const [index, volume] of listOf(workload.podSpec.volumes).entries()) {
      // A volume of no kind is an emptyDir: the API server writes that before anybody asks.
      if (!isObject(volume) || ALLOWED.some((kind) => isObject(volume[kind]))) continue;
      const kind = OTHERS.find((other) => isObject(volume[other]));
      if (kind === undefined) continue;
      const path = [...workload.podSpecPath, 'volumes', index, kind];
      violations.push({ path, verdict: 'immutable', args: { volume: textOf(volume.name) ?? '(no name)', kind } });
    }
    return violations;
  },
  phrase: 'a volume of a restricted kind',
  message: ({ volume, kind }) =>
    `The volume ${volume} is of kind ${kind}, which restricted does not allow: use a claim.`,
  fix: { kind: 'needs-human', why: 'A PersistentVolume and a claim take its place, and somebody has to make them.' },
  cel:
    `!has(spec.volumes) || spec.volumes.all(v, ${ALLOWED.map((kind) => `has(v.${kind})`).join(' || ')} || ` +
    `!(${OTHERS.map((kind) => `has(v.${kind})`).join(' || ')}))`,
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
      volumeMounts:
        - name: shared
          mountPath: /shared
          readOnly: true
  volumes:
    - name: shared
      nfs: # <-
        server: storage.example
        path: /shared
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
        - name: shared
          mountPath: /shared
          readOnly: true
  volumes:
    - name: shared
      persistentVolumeClaim:
        claimName: shared
`,
};

export default control;
