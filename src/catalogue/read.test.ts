/** The embedded catalogue: every file is as its schema says, every family is there, and each name finds one entry. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import type { Knob } from './entry.ts';
import { findEntry } from './find.ts';
import { parseEntry, parseRuntime, readCatalogue } from './read.ts';

const folder = new URL('../../catalog/', import.meta.url);
const { images, runtimes } = readCatalogue();

/** What the catalogue shall know: one line a subject, images that people really name. */
const FAMILIES = [
  'nginx:1.27 nginxinc/nginx-unprivileged bitnami/nginx:1 registry.access.redhat.com/ubi9/nginx-124',
  'registry.k8s.io/ingress-nginx/controller:v1.11.1 httpd:2.4 bitnami/apache ubuntu/apache2 haproxy traefik:v3',
  'envoyproxy/envoy:v1.31 docker.io/envoyproxy/gateway istio/proxyv2:1.23.0 caddy:2-alpine varnish',
  'redis:7 valkey/valkey bitnami/redis memcached bitnami/memcached postgres:17 bitnami/postgresql mysql bitnami/mysql',
  'mariadb mongo bitnami/mongodb rabbitmq:4-management apache/kafka zookeeper quay.io/coreos/etcd:v3.5.16',
  'registry.k8s.io/etcd:3.5.15-0 nats docker.elastic.co/elasticsearch/elasticsearch:8.15.0',
  'docker.elastic.co/kibana/kibana bitnami/logstash bitnami/opensearch grafana/grafana quay.io/prometheus/prometheus',
  'quay.io/prometheus/alertmanager quay.io/prometheus/node-exporter',
  'registry.k8s.io/kube-state-metrics/kube-state-metrics registry.k8s.io/external-dns/external-dns',
  'quay.io/oauth2-proxy/oauth2-proxy registry.k8s.io/metrics-server/metrics-server registry.k8s.io/coredns/coredns',
  'quay.io/jetstack/cert-manager-controller quay.io/argoproj/argocd ghcr.io/dexidp/dex fluent/fluent-bit fluent/fluentd',
  'bitnami/fluentd hashicorp/vault hashicorp/consul quay.io/minio/minio quay.io/minio/mc',
  'quay.io/keycloak/keycloak:26 jboss/keycloak jenkins/jenkins:lts sonarqube sonatype/nexus3 tomcat:10 bitnami/tomcat',
  'team/spring-boot jetty open-liberty eclipse-temurin:21 wordpress php:8-fpm phpmyadmin nextcloud ghost gitea/gitea',
  'node:22 python:3.13-slim team/gunicorn ruby:3 team/rails mcr.microsoft.com/dotnet/aspnet:8.0 gitlab/gitlab-runner',
  'cassandra thelastpickle/cassandra-reaper influxdb:2.7 temporalio/server bitnami/airflow',
].flatMap((line) => line.split(' '));

test('every file is read, and nothing else is in the folders', () => {
  const names = readdirSync(folder).filter((name) => name !== 'runtimes');
  assert.deepEqual(
    names.filter((name) => !name.endsWith('.yaml')),
    [],
  );
  assert.equal(images.length, names.length);
  assert.equal(runtimes.length, readdirSync(new URL('runtimes/', folder)).length);
});

test('no image, name or knob is there twice, and no path within an entry', () => {
  const once = (things: readonly string[]) => {
    const twice = things.filter((thing, index) => things.indexOf(thing) !== index);
    assert.deepEqual(twice, []);
  };
  once(images.map(({ image }) => image));
  once(images.flatMap(({ names }) => names));
  once(allKnobs().map(({ id }) => id));
  for (const { paths } of images) once(paths.map(({ path }) => path));
});

test('every family is known by the names that people write', () => {
  const missing = FAMILIES.filter((name) => findEntry(name, images) === undefined);
  assert.deepEqual(missing, []);
  const found = new Set(FAMILIES.map((name) => findEntry(name, images)?.image));
  const unnamed = images.map(({ image }) => image).filter((image) => !found.has(image));
  assert.deepEqual(unnamed, ['Bitnami (all others)'], 'a new entry gets its name in the list above');
});

test('whoever claims more than general knowledge names what was read', () => {
  const founded = [
    ...images.flatMap(({ paths, writesNothing }) => [...paths, ...(writesNothing ? [writesNothing] : [])]),
    ...allKnobs(),
  ];
  for (const { confidence, source } of founded) {
    assert.equal(source.join().includes('general knowledge'), confidence === 'D', source.join());
  }
});

test('a broken entry is refused with its file and its place', () => {
  const text = readFileSync(new URL('redis.yaml', folder), 'utf8');
  const refused = (from: string | RegExp, to: string, expected: RegExp) =>
    assert.throws(() => parseEntry({ name: 'x.yaml', text: text.replace(from, to) }), expected);
  assert.equal(parseEntry({ name: 'redis.yaml', text }).image, 'redis');
  refused('path: /data', 'path: /data/../etc', /^Error: catalog\/x\.yaml: paths\.0\.path: an absolute, plain path/);
  refused('path: /data', 'path: data', /paths\.0\.path/);
  refused('confidence: A', 'confidence: sure', /paths\.0\.confidence/);
  refused(/ {4}source:\n(?: {6}.*\n)+/, '    source: []\n', /paths\.0\.source/);
  refused(/paths:\n(?: .*\n)+/, 'paths: []\n', /either paths that are always written, or writesNothing/);
  refused('image: redis', 'image: redis\nexec: rm', /exec/);
  refused(`'*/redis'`, `'*/re*'`, /names\.2/);
});

test('globs that could be slow, and arguments in a runtime, are refused', () => {
  const runtime = (knob: string) => () =>
    parseRuntime({
      name: 'x.yaml',
      text: `runtime: x\nknobs: [{id: x, because: x, confidence: D, source: [x], ${knob}}]\n`,
    });
  assert.equal(runtime("paths: ['/a/**/b*'], env: {name: A, value: ''}")().knobs[0]?.id, 'x');
  assert.throws(runtime("paths: ['/**/a/**/b/**'], env: {name: A, value: ''}"), /knobs\.0\.paths\.0/);
  assert.throws(runtime("paths: ['/a**'], env: {name: A, value: ''}"), /knobs\.0\.paths\.0/);
  assert.throws(runtime("paths: ['a'], env: {name: A, value: ''}"), /knobs\.0\.paths\.0/);
  assert.throws(runtime("paths: ['/a'], env: {name: 'A=B', value: ''}"), /knobs\.0\.env\.name/);
  assert.throws(runtime("paths: ['/a'], args: ['-x']"), /no args/);
  assert.throws(runtime("paths: ['/a']"), /either env or args/);
});

function allKnobs(): Knob[] {
  return [...images.flatMap(({ knobs = [] }) => knobs), ...runtimes.flatMap(({ knobs }) => knobs)];
}
