/** Podman through its libpod API, against a real one. */
import { test } from 'node:test';
import { connectEngine } from '../../src/engine/connect.ts';
import { engineCases } from './cases.ts';

const engine = await connectEngine('podman', process.env).catch((error: Error) => error);
if (engine instanceof Error) test('podman', { skip: `no Podman answers: ${engine.message}` }, () => {});
else engineCases(engine);
