import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

const folder = new URL('../../../deploy/kubernetes/', import.meta.url);

/** Without the list of them, kustomization.yaml. */
export const manifestFiles = readdirSync(folder).filter((name) => name !== 'kustomization.yaml');

/** A manifest as it stands in deploy/kubernetes; the tests check its form by Kubernetes' own schemas. */
export function readManifest(file: string) {
  return parse(readFileSync(new URL(file, folder), 'utf8'));
}
