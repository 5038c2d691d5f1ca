/** What is passed over at a glance, and what is not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { glanceAt } from '../manifest/glance.ts';
import { isOfNoUse } from './pass-over.ts';

const TABLE: readonly (readonly [text: string, passedOver: boolean])[] = [
  ['apiVersion: v1\nkind: ConfigMap\ndata:\n  a: "containers: image"\n', true],
  ['apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  containers: [{image: a}]\n', true],
  ['apiVersion: example.com/v1\nkind: Thing\nspec:\n  a: 1\n', true],
  ['apiVersion: v1\nkind: Pod\nspec:\n  containers: [{name: a}]\n', false],
  ['apiVersion: v1\nkind: ConfigMapList\ndata: {}\n', false],
  ['apiVersion: example.com/v1\nkind: ThingList\nspec: {}\n', false],
  ['apiVersion: example.com/v1\nkind: Thing\nspec:\n  containers: [{name: a}]\n', false],
  ['apiVersion: example.com/v1\nkind: Thing\nspec:\n  "cont\\x61iners": [{name: a}]\n', false],
  ['apiVersion: example.com/v1\nkind: Thing\nspec:\n  !!binary Y29udGFpbmVycw==: [{name: a}]\n', false],
  ['apiVersion: example.com/v1\nkind: Thing\nspec: {x: 1,!!binary Y29udGFpbmVycw==: [{name: a}]}\n', false],
  ['apiVersion: example.com/v1\nkind: Thing\nspec:\n  container: {image: a}\n', false],
  ['apiVersion: unknown.k8s.io/v1\nkind: Thing\nspec:\n  containers: [{image: a}]\n', false],
  ['kind: ConfigMap\nspec:\n  containers: [{image: a}]\n', false],
];

for (const [text, passedOver] of TABLE) {
  test(`${passedOver ? 'passes over' : 'leaves to the reader'} ${JSON.stringify(text)}`, () => {
    assert.equal(isOfNoUse(glanceAt(text, { start: 0, end: text.length })!), passedOver);
  });
}
