/** Images outside of any pod spec are named; those that a workload holds, and those that nothing runs, are not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from './find.ts';
import { unjudgedImages } from './unjudged.ts';

const at = (object: unknown): string[] =>
  unjudgedImages(documentFromValue('a.json', object)).map(({ image, path }) => `${image} ${path.join('.')}`);

test('Argo and Tekton run images that no pod spec shows', () => {
  const templates = [
    { name: 'a', container: { image: 'x' }, sidecars: [{ name: 's', image: 'y' }] },
    { name: 'b', script: { image: 'z', source: 'echo' } },
  ];
  const workflow = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', spec: { templates } };
  assert.deepEqual(at(workflow), [
    'x spec.templates.0.container',
    'y spec.templates.0.sidecars.0',
    'z spec.templates.1.script',
  ]);
  const task = { apiVersion: 'tekton.dev/v1', kind: 'Task', spec: { steps: [{ name: 's', image: 'x' }] } };
  assert.deepEqual(at(task), ['x spec.steps.0']);
  assert.deepEqual(at({ apiVersion: 'v1', kind: 'List', items: [task] }), ['x items.0.spec.steps.0']);
});

test('what a workload holds, what runs nothing, and what is no specification is not named', () => {
  const containers = [{ name: 'web', image: 'a' }];
  const pod = { apiVersion: 'v1', kind: 'Pod', spec: { containers } };
  const rollout = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', spec: { template: { spec: { containers } } } };
  const init = { apiVersion: 'example.com/v1', kind: 'Web', spec: { initContainers: containers } };
  for (const object of [pod, rollout, init, { apiVersion: 'v1', kind: 'List', items: [pod] }]) {
    assert.equal(findWorkloads(documentFromValue('a.json', object)).length, 1);
    assert.deepEqual(at(object), []);
  }
  const policy = {
    apiVersion: 'kyverno.io/v1',
    kind: 'Policy',
    spec: { pattern: { containers: [{ image: '*:latest' }] } },
  };
  const status = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', status: { steps: [{ image: 'x' }] } };
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', data: { container: { image: 'x' } } };
  const definition = {
    apiVersion: 'x.io/v1',
    kind: 'Y',
    spec: { container: { image: { type: 'string' } }, image: 'x' },
  };
  for (const object of [policy, status, configMap, definition, null, 7, []]) assert.deepEqual(at(object), []);
});

test('never throws, whatever a document holds', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => Array.isArray(at({ apiVersion: 'x/v1', kind: 'X', spec: value }))));
});
