/** Words of real programs and engines, with the errno that they speak of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalIn } from './refusal.ts';

const CASES: readonly [string, string | null][] = [
  ['E: List directory /var/lib/apt/lists/partial is missing. - Acquire (30: Read-only file system)', 'EROFS'],
  ['E: Listenverzeichnis fehlt. - Acquire (30: Das Dateisystem ist nur lesbar)', 'EROFS'],
  ['tar: f.txt: Cannot open: Read-only file system', 'EROFS'],
  ['container rootfs is marked read-only: Error opening EROFS', 'EROFS'],
  ['tar: f.txt: Cannot open: Permission denied', 'EACCES'],
  ['E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)', 'EACCES'],
  ['E: setgroups 65534 failed - setgroups (1: Operation not permitted)', 'EPERM'],
  ['E: Could not resolve host', null],
  ['tar: f.txt: Cannot open: No such file or directory (2: …)', null],
  ['', null],
];

for (const [text, errno] of CASES) test(`${errno}: ${text}`, () => assert.equal(refusalIn(text), errno));
