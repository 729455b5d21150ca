import assert from 'node:assert/strict';
import { test } from 'node:test';
import { families } from '../../serve/metrics/families.js';
import { defaultSettings } from '../../serve/settings/defaults.js';
import { manifestErrors } from '../fixtures/kubernetes-schema.js';
import { manifestFiles, readManifest } from './manifests.js';

const deployment = readManifest('deployment.yaml');
const pod = deployment.spec.template;
const [container] = pod.spec.containers;

for (const file of manifestFiles) {
  test(`${file} fits Kubernetes' schema of its kind`, () => {
    assert.deepEqual(manifestErrors(readManifest(file)), []);
  });
}

const mistakes: Readonly<Record<string, (manifest: typeof deployment) => void>> = {
  'a field that the schema lacks': ({ spec }) => {
    spec.template.spec.containers[0].livenesProbe = {};
  },
  'one that is missing': ({ spec }) => {
    delete spec.selector;
  },
  'one of another type': ({ spec }) => {
    spec.template.spec.terminationGracePeriodSeconds = '30 s';
  },
  'an amount that is none': ({ spec }) => {
    spec.template.spec.containers[0].resources.limits.memory = '2 GB';
  },
  'another kind': (manifest) => {
    manifest.kind = 'Deploiement';
  },
};

for (const [mistake, make] of Object.entries(mistakes)) {
  test(`control: the schema refuses ${mistake}`, () => {
    const broken = structuredClone(deployment);
    make(broken);
    assert.notDeepEqual(manifestErrors(broken), []);
  });
}

test('kustomization.yaml names every manifest and gives the image a tag', () => {
  const { resources, images } = readManifest('kustomization.yaml');
  assert.deepEqual(resources, [...manifestFiles].sort());
  assert.deepEqual(
    images.map(({ name }: { name: string }) => name),
    [container.image],
  );
});

test('the manifests mean the same pods, ports, claim and metric', () => {
  const { labels } = pod.metadata;
  const service = readManifest('service.yaml');
  const autoscaler = readManifest('horizontal-pod-autoscaler.yaml');
  const ports = container.ports.map(({ name }: { name: string }) => name);
  assert.deepEqual(deployment.spec.selector.matchLabels, labels);
  assert.deepEqual(service.spec.selector, labels);
  assert.deepEqual(readManifest('pod-disruption-budget.yaml').spec.selector.matchLabels, labels);
  assert.deepEqual(
    service.spec.ports.map(({ targetPort }: { targetPort: string }) => targetPort),
    ports,
  );
  const { apiVersion, kind, metadata } = deployment;
  assert.deepEqual(autoscaler.spec.scaleTargetRef, { apiVersion, kind, name: metadata.name });
  assert.equal(deployment.spec.replicas, undefined, 'the autoscaler sets them');
  const [{ pods }] = autoscaler.spec.metrics;
  assert.ok(Object.hasOwn(families, pods.metric.name), 'the service exports the metric');
  assert.ok(Number(pods.target.averageValue) < defaultSettings.queueRows, 'before the queue is full');
  const claim = readManifest('persistent-volume-claim.yaml').metadata.name;
  assert.equal(pod.spec.volumes[0].persistentVolumeClaim.claimName, claim);
});

test('a pod may take as long to end as kiln takes', () => {
  const [, seconds] = container.lifecycle.preStop.exec.command;
  const afterDraining = 3; // serve/leave.ts
  const needed = Number(seconds) + defaultSettings.drainMs / 1000 + afterDraining;
  assert.ok(pod.spec.terminationGracePeriodSeconds > needed, `${needed} s`);
});

test('a pod has no rights that it does not need', () => {
  assert.equal(pod.spec.securityContext.runAsNonRoot, true);
  assert.equal(container.securityContext.readOnlyRootFilesystem, true);
  assert.equal(container.securityContext.allowPrivilegeEscalation, false);
  assert.deepEqual(container.securityContext.capabilities.drop, ['ALL']);
  assert.equal(pod.spec.automountServiceAccountToken, false);
  assert.equal(pod.spec.enableServiceLinks, false, 'KILN_PORT of a Service is not an option');
});
