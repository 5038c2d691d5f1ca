/** Have programs trust a certificate: a new file in a store, or the file with all of them. */
import type { Attack } from '../attack.ts';
import { createFile } from '../dropping.ts';
import { directoriesOnRoot, few, fileOnRoot, openForAppending, planOf } from '../image-files.ts';

const STORES = [
  ...['/etc/ssl/certs', '/usr/local/share/ca-certificates', '/etc/pki/ca-trust/source/anchors', '/etc/pki/tls/certs'],
  ...['/usr/share/ca-certificates', '/etc/ssl'],
];
const BUNDLES = [
  ...['/etc/ssl/certs/ca-certificates.crt', '/etc/ssl/cert.pem', '/etc/pki/tls/certs/ca-bundle.crt'],
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
];

const attack: Attack = {
  id: 'plant-certificate',
  title: 'Have programs trust a certificate of the intruder',
  family: 'files',
  technique: 'T1562',
  // A bundle is opened, which copies it as a whole on an overlay.
  harmless: false,
  why: 'With an authority of his own among those that are trusted, an intruder reads and changes every encrypted connection.',
  looksAt: [...STORES, ...BUNDLES],
  stoppedBy: ['read-only-root-filesystem'],
  plan(target) {
    const stores = directoriesOnRoot(target, STORES, 1);
    const bundles = few(
      target,
      BUNDLES.flatMap((path) => fileOnRoot(target, path) ?? []),
      1,
    );
    const tries = [
      ...stores.map((directory) => createFile(target, directory, '.crt')),
      ...bundles.map(({ path }) => openForAppending(path)),
    ];
    return planOf(tries, 'the image has no store of certificates');
  },
};

export default attack;
