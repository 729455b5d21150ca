import type { Distortion, Distortions } from '../data/distortions.js';
import type { Preprocessing } from '../networks/network.js';

/** What a network wants done to a picture when nothing is random: its crop and its normalisation. */
export function preparation(preprocessing: Preprocessing): Distortions {
  return [{ kind: 'centre-crop', ...preprocessing.crop }, normalisation(preprocessing)];
}

/** The last step of every recipe's distortions: bytes become numbers around zero. */
export function normalisation({ normalise }: Preprocessing): Distortion {
  if (normalise === 'per-image-standardisation') return { kind: 'standardise' };
  const { mean, std } = normalise;
  return { kind: 'normalise', mean, std };
}
