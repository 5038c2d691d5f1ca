/** The one host setting that an attack may really change: locked, journalled before the change, and put back. */
import { mkdir, open, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Failure } from '../failure.ts';
import { isObject } from '../workload/value.ts';

export const SETTING_PATH = '/proc/sys/vm/swappiness';

/**
 * In a memory file system of root's: it outlives a killed process, and a reboot takes it away together with the
 * changed value. Nobody but root can plant a journal there that root would follow.
 */
const JOURNAL_DIRECTORY = '/run/petrify';
const JOURNAL = join(JOURNAL_DIRECTORY, 'host-setting.json');

/**
 * The lock is an abstract socket: one of a name on the host (its network namespace), and the kernel releases it when
 * its holder dies, however. A lock file would need a guess whether its writer is still alive.
 */
const LOCK = '\0petrify-host-attacks';

/** An attack on the host takes a fraction of a second; many runs may queue. */
const LOCK_WAIT_MS = 30_000;
const LOCK_POLL_MS = 50;

/** What is written instead of the setting's value: legal, unmistakable, harmless for the moment that it holds. */
const PREFERRED = '75';
const ALTERNATIVE = '65';
const LEGAL_VALUE = /^\d{1,3}$/;

interface HostSetting {
  /** The host's value before. */
  readonly before: string;
  /** A different, legal value. */
  readonly other: string;
  /** The host's value now. */
  read(): Promise<string>;
}

/** True, or one sentence why this process may not let the host be changed: it could not put the value back. */
export async function canRestoreHost(): Promise<true | string> {
  try {
    await (await open(SETTING_PATH, 'r+')).close();
    return true;
  } catch {
    return `this process may not write ${SETTING_PATH}, so it could not put the value back`;
  }
}

/**
 * Runs `action`, which may change the setting, and puts the value back whether it returns or throws. A process that is
 * killed in the middle leaves its journal, and `repairHost` of the next run puts the value back.
 * Throws Failure `cannot-prove` when another run holds the host for longer than `waitMs`, or when the value could not be
 * restored.
 */
export async function withHostSetting<T>(
  action: (setting: HostSetting) => Promise<T>,
  waitMs = LOCK_WAIT_MS,
): Promise<T> {
  const lock = await waitForLock(waitMs);
  if (lock === undefined) {
    throw new Failure('cannot-prove', 'Another run of Petrify is attacking a setting of this host.', {
      hint: 'Wait until it has ended.',
    });
  }
  try {
    await putBack();
    const before = await readSetting();
    await writeJournal(before);
    try {
      return await action({ before, other: otherValue(before), read: readSetting });
    } finally {
      await putBack();
    }
  } finally {
    await releaseLock(lock);
  }
}

/** A legal value of the setting that is not this one. */
export function otherValue(value: string): string {
  return value === PREFERRED ? ALTERNATIVE : PREFERRED;
}

/**
 * Puts back what a killed run left changed. Answers the value that was restored, or undefined when there was nothing
 * to do or a living run holds the host, which will do it itself.
 */
export async function repairHost(): Promise<string | undefined> {
  if ((await readJournal()) === undefined) return undefined;
  const lock = await takeLock();
  if (lock === undefined) return undefined;
  try {
    return await putBack();
  } finally {
    await releaseLock(lock);
  }
}

async function readSetting(): Promise<string> {
  return (await readFile(SETTING_PATH, 'utf8')).trim();
}

/** What must be restored, on disk before anything changes: a rename is never seen half done. */
async function writeJournal(value: string): Promise<void> {
  await mkdir(JOURNAL_DIRECTORY, { recursive: true, mode: 0o700 });
  const draft = `${JOURNAL}.draft`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify({ path: SETTING_PATH, value }));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, JOURNAL);
  const directory = await open(JOURNAL_DIRECTORY, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** The value to restore. A journal that is not ours to the letter is no reason to write anything into the kernel. */
async function readJournal(): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(JOURNAL, 'utf8');
  } catch (error) {
    // Without root's rights there is nothing that this process could have changed or could put back.
    if (['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  const value = valueInJournal(text);
  if (value === undefined)
    throw new Failure('cannot-prove', `The journal ${JOURNAL} is not one that Petrify writes.`, {
      hint: 'Look at it and remove it.',
    });
  return value;
}

/** The value that a journal says to restore; undefined for anything that Petrify would not have written. */
export function valueInJournal(journal: string): string | undefined {
  let written: unknown;
  try {
    written = JSON.parse(journal);
  } catch {
    return undefined;
  }
  if (!isObject(written)) return undefined;
  const { path, value } = written;
  return path === SETTING_PATH && typeof value === 'string' && LEGAL_VALUE.test(value) ? value : undefined;
}

/** Restores, verifies, and only then forgets. */
async function putBack(): Promise<string | undefined> {
  const value = await readJournal();
  if (value === undefined) return undefined;
  await writeFile(SETTING_PATH, `${value}\n`);
  const now = await readSetting();
  if (now !== value) {
    throw new Failure('cannot-prove', `${SETTING_PATH} is ${now} and could not be put back to ${value}.`, {
      hint: `As root: echo ${value} > ${SETTING_PATH}`,
    });
  }
  await rm(JOURNAL);
  // Others may keep something there; only an empty directory is ours to take away.
  await rmdir(JOURNAL_DIRECTORY).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY') throw error;
  });
  return value;
}

async function waitForLock(waitMs: number): Promise<Server | undefined> {
  const end = Date.now() + waitMs;
  for (;;) {
    const lock = await takeLock();
    if (lock !== undefined || Date.now() >= end) return lock;
    await setTimeout(LOCK_POLL_MS);
  }
}

async function takeLock(): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(LOCK, () => resolve(server));
  });
}

async function releaseLock(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
