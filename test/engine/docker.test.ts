/** Docker through its Engine API, against a real one; PETRIFY_TEST_DOCKER_HOST names it where DOCKER_HOST is something else. */
import { test } from 'node:test';
import { connectEngine } from '../../src/engine/connect.ts';
import { engineCases } from './cases.ts';
import { BASE_IMAGE } from './images.ts';

const { PETRIFY_TEST_DOCKER_HOST: address, ...env } = process.env;
const engine = await connectEngine('docker', address ? { ...env, DOCKER_HOST: address } : env).catch(
  (error: Error) => error,
);
if (engine instanceof Error) test('docker', { skip: `no Docker answers: ${engine.message}` }, () => {});
else if (!(await engine.image(BASE_IMAGE))) test('docker', { skip: `Docker has no image ${BASE_IMAGE}` }, () => {});
else engineCases(engine);
