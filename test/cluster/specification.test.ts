/** Laws of grouping: what is each pod's own never parts pods, what is judged always does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { injectedInto, tracesOf } from '../../src/cluster/injected.ts';
import { keyOfPod, textOfPod } from '../../src/cluster/specification.ts';
import { isObject, type JsonObject } from '../../src/workload/value.ts';
import { recorded } from './replay.ts';

const pods: JsonObject[] = recorded('pods.json');
const word = fc.stringMatching(/^[a-z0-9]{5}$/);

/** The same object, read in another order. */
function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, field]) => [key, shuffled(field)]),
  );
}

/** The pod under another name, on another node, with another token volume. */
function sibling(pod: JsonObject, name: string, five: string): JsonObject {
  const old = (pod.metadata as { name: string }).name;
  const text = JSON.stringify(pod.spec)
    .replaceAll(/kube-api-access-[a-z0-9]{5}/g, `kube-api-access-${five}`)
    .replaceAll(`"claimName":"data-${old}"`, `"claimName":"data-${name}"`);
  const spec = { ...JSON.parse(text), nodeName: `node-${five}`, hostname: name };
  return { ...pod, metadata: { ...(pod.metadata as object), name }, spec };
}

test('siblings share a key, in whatever order their fields stand', () => {
  fc.assert(
    fc.property(fc.constantFrom(...pods), word, word, (pod, name, five) => {
      assert.equal(keyOfPod(shuffled(sibling(pod, name, five)) as JsonObject), keyOfPod(pod));
    }),
    { numRuns: 200 },
  );
});

test('a change of anything that is judged parts them', () => {
  const changes: ((spec: Record<string, unknown>) => void)[] = [
    (spec) => (spec.hostPID = spec.hostPID !== true),
    (spec) => (spec.securityContext = { runAsUser: 7 }),
    (spec) => (spec.volumes = [{ name: 'new', emptyDir: {} }]),
    (spec) => (spec.ephemeralContainers = [{ name: 'debugger' }]),
    (spec) => (spec.containers = [...(spec.containers as object[]), { name: 'more' }]),
    (spec) => ((spec.containers as { image?: string }[])[0]!.image = 'other'),
    (spec) => ((spec.containers as { env?: object[] }[])[0]!.env = [{ name: 'NEW', value: '1' }]),
  ];
  for (const pod of pods) {
    for (const change of changes) {
      const copy = structuredClone(pod) as { spec: Record<string, unknown> };
      change(copy.spec);
      assert.notEqual(keyOfPod(copy), keyOfPod(pod), change.toString());
    }
    const annotations = { 'petrify.dev/ignore.privileged': 'because' };
    assert.notEqual(keyOfPod({ ...pod, metadata: { ...(pod.metadata as object), annotations } }), keyOfPod(pod));
  }
});

test('the text is the pod without status, field managers and what kubectl applied', () => {
  const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': 'x', kept: 'y' };
  const metadata = { name: 'a', namespace: 'shop', annotations, managedFields: [{ manager: 'x' }], uid: 'u' };
  const text: unknown = JSON.parse(textOfPod({ metadata, spec: { containers: [] }, status: { phase: 'Running' } }));
  assert.deepEqual(text, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'shop', annotations: { kept: 'y' } },
    spec: { containers: [] },
  });
});

test('each injector is known by its annotation, and only its own containers are', () => {
  const cases: [string, string, string][] = [
    ['sidecar.istio.io/status', '{"containers":["proxy"]}', 'proxy'],
    ['linkerd.io/proxy-version', 'edge-26', 'linkerd-proxy'],
    ['vault.hashicorp.com/agent-inject-status', 'injected', 'vault-agent-init'],
    ['consul.hashicorp.com/connect-inject-status', 'injected', 'consul-dataplane'],
    ['kuma.io/sidecar-injected', 'true', 'kuma-sidecar'],
    ['dapr.io/enabled', 'true', 'daprd'],
  ];
  for (const [annotation, value, name] of cases) {
    const spec = { containers: [{ name: 'web' }], initContainers: [{ name }] };
    const traces = tracesOf({ metadata: { annotations: { [annotation]: value } }, spec });
    const template = { of: 'Deployment shop/web', containers: new Set(['web']) };
    const injected = injectedInto(traces, template);
    assert.deepEqual(Object.keys(injected), [name]);
    assert.match(injected[name]!, new RegExp(`^injected by .* \\(annotation ${annotation}\\)$`));
    // Who writes it into the template asked for it.
    assert.deepEqual(injectedInto(traces, { ...template, containers: new Set(['web', name]) }), {});
  }
});

test('any JSON at all is read without a throw', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.jsonValue({ maxDepth: 6 }), (spec, metadata) => {
      const pod = { spec, metadata } as JsonObject;
      keyOfPod(pod);
      textOfPod(pod);
      injectedInto(tracesOf(pod), undefined);
    }),
    { numRuns: 500 },
  );
});
