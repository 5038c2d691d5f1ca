/** A Ruby gem, a tar of its specification, its files and their digests: for gem. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Files, file, PACKAGE, PROGRAM, SUMMARY, seenAt, tarOf, VERSION } from './packaged.ts';

const PATH = `ruby/${PACKAGE}-${VERSION}.gem`;

export const GEM = seenAt(PATH);

/** What YAML needs to become the object that gem reads; all that is left out has a default. */
const SPECIFICATION = `--- !ruby/object:Gem::Specification
name: ${PACKAGE}
version: !ruby/object:Gem::Version
  version: '${VERSION}'
platform: ruby
authors:
- Petrify
bindir: bin
cert_chain: []
date: 2026-01-01 00:00:00.000000000 Z
dependencies: []
description: ${SUMMARY}
email:
executables:
- ${PACKAGE}
extensions: []
extra_rdoc_files: []
files:
- bin/${PACKAGE}
homepage:
licenses: []
metadata: {}
require_paths:
- lib
required_ruby_version: !ruby/object:Gem::Requirement
  requirements:
  - - ">="
    - !ruby/object:Gem::Version
      version: '0'
required_rubygems_version: !ruby/object:Gem::Requirement
  requirements:
  - - ">="
    - !ruby/object:Gem::Version
      version: '0'
requirements: []
rubygems_version: 2.0.0
specification_version: 4
summary: ${SUMMARY}
test_files: []
`;

export async function rubyGem(): Promise<Files> {
  const parts = {
    'metadata.gz': gzipSync(SPECIFICATION),
    'data.tar.gz': gzipSync(await tarOf(file(`bin/${PACKAGE}`, PROGRAM, 0o755))),
  };
  const digests = Object.entries(parts).map(
    ([name, part]) => `  ${name}: ${createHash('sha256').update(part).digest('hex')}\n`,
  );
  const checksums = gzipSync(`---\nSHA256:\n${digests.join('')}`);
  const entries = Object.entries({ ...parts, 'checksums.yaml.gz': checksums });
  return new Map([[PATH, await tarOf(...entries.map(([name, part]) => file(name, part, 0o444)))]]);
}
