import { lastKept } from '../browser/model-cache.js';
import { PageError } from './page-error.js';
import type { ServedModel, Service } from './service.js';

/** Where a model's file is to be had: from the service or, while that is not there, from what this browser has kept. */
export type ModelAtHand = {
  readonly url: string;
  /** sha256 (hex) of the file. */
  readonly digest: string;
} & ({ readonly kind: 'served'; readonly served: ServedModel } | { readonly kind: 'kept' });

/**
 * The chosen model; without the service the one that was kept last.
 *
 * @throws PageError as `Connection.open`; SERVICE_UNREACHABLE where no model is kept either
 */
export async function modelAtHand(service: Service): Promise<ModelAtHand> {
  try {
    const served = await service.model();
    const { digest } = served;
    return { kind: 'served', url: service.modelUrl(digest), digest, served };
  } catch (error) {
    if (!(error instanceof PageError) || error.problem.code !== 'SERVICE_UNREACHABLE') throw error;
    const kept = await lastKept(service.modelUrl(''));
    if (kept === undefined) throw error;
    return { kind: 'kept', ...kept };
  }
}

/** Width × height of a picture, at most. */
export const maxPixelsOf = (atHand: ModelAtHand): number =>
  atHand.kind === 'served' ? atHand.served.limits.maxPixels : 50_000_000; // the service's default
