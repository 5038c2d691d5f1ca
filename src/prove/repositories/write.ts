/** Writes one small package in the format of each package manager, so that installing can be tried without any network. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { alpinePackage } from './alpine.ts';
import { debianRepository } from './debian.ts';
import { rubyGem } from './gem.ts';
import { npmPackage } from './npm.ts';
import { REPOSITORIES } from './packaged.ts';
import { rpmPackage } from './rpm.ts';
import { pythonWheel } from './wheel.ts';

/** Into `directory`, which the container sees as the runner's own mount. */
export async function writeRepositories(directory: string): Promise<void> {
  const own = join(directory, REPOSITORIES);
  await makeReadable(own);
  for (const files of [
    await debianRepository(),
    pythonWheel(),
    await npmPackage(),
    await rubyGem(),
    await alpinePackage(),
    rpmPackage(),
  ]) {
    for (const [path, content] of files) {
      await makeReadable(dirname(join(own, path)));
      await writeFile(join(own, path), content);
      await chmod(join(own, path), 0o444);
    }
  }
}

/** Package managers read as users of their own, whatever this process' umask is. */
async function makeReadable(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o755);
}
