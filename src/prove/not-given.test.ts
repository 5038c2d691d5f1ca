/** What a sandbox does not give keeps a pod from being proven. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HARDENED_POD, workloadOf } from './fixtures/target.ts';
import { notGiven } from './not-given.ts';

const fieldsOf = (changes: object) =>
  notGiven(workloadOf({ ...HARDENED_POD, ...changes })).map((sentence) => sentence.split(' ')[0]);

test('namespaces and block devices of the node are named, each once; what is asked for as false is not', () => {
  assert.deepEqual(fieldsOf({}), []);
  assert.deepEqual(fieldsOf({ hostPID: false, hostIPC: 'true' }), []);
  assert.deepEqual(fieldsOf({ hostPID: true, hostIPC: true, hostNetwork: true }), [
    'hostPID',
    'hostIPC',
    'hostNetwork',
  ]);
  const [container] = HARDENED_POD.containers;
  const withDisk = { ...container, volumeDevices: [{ name: 'disk', devicePath: '/dev/xvda' }] };
  assert.deepEqual(fieldsOf({ containers: [withDisk, { ...withDisk, name: 'other' }] }), ['volumeDevices']);
});
