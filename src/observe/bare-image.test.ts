/** A bare image becomes the pod that Kubernetes would make of it. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { nameForImage, podForImage } from './bare-image.ts';
import { tcpPorts } from './exercise.ts';

test('a container’s name comes from the image’s', () => {
  const names = {
    nginx: 'nginx',
    'registry:5000/team/My_App:1.2': 'my-app',
    'a/b@sha256:00': 'b',
    ___: 'image',
    [`x/${'long'.repeat(40)}`]: 'long'.repeat(16).slice(0, 63),
  };
  for (const [image, name] of Object.entries(names)) assert.equal(nameForImage(image), name);
});

test('the pod declares what the image exposes', () => {
  const workload = podForImage('localhost/team/web:1', [80, 8443]);
  assert.deepEqual([workload.kind, workload.name, workload.containers.length], ['Pod', 'web', 1]);
  assert.equal(workload.containers[0]!.image, 'localhost/team/web:1');
  assert.deepEqual(tcpPorts(workload.containers[0]!, []), [80, 8443]);
});

test('ports of other protocols and of other types are not asked', () => {
  const { containers } = podForImage('x');
  const ports = [
    { containerPort: 53, protocol: 'UDP' },
    { containerPort: '80' },
    { containerPort: 70000 },
    null,
    { containerPort: 8080 },
  ];
  assert.deepEqual(tcpPorts({ ...containers[0]!, spec: { ports } }, [8080, 9090]), [8080, 9090]);
});
