import { encode } from 'fast-png';
import sharp from 'sharp';
import { png as handMadePng } from '../../fixtures/png.js';
import { noise, picture } from '../../serve/pictures.js';

export interface PictureFile {
  readonly name: string;
  readonly type: 'image/png' | 'image/jpeg' | 'image/webp';
  readonly bytes: Uint8Array;
}

const file = async (
  name: string,
  type: PictureFile['type'],
  bytes: Uint8Array | Promise<Uint8Array>,
): Promise<PictureFile> => ({ name, type, bytes: await bytes });

/** Noise would leave an encoder nothing to do; this is a gradient with some. RGB, [size, size, 3] */
function scene(size: number): Uint8Array {
  return noise(7, size).map(
    (value, index) => (Math.floor(index / 3 / size) * 4 + (index % 3) * 40 + (value >> 4)) & 255,
  );
}

/** Whole files of every kind that the service reads: encoded by sharp and fast-png, and one put together by hand. */
export async function pictureFiles(): Promise<readonly PictureFile[]> {
  const photo = sharp(scene(64), { raw: { width: 64, height: 64, channels: 3 } });
  const clear = photo.clone().ensureAlpha(0.5);
  const both = sharp(Buffer.concat([noise(5), noise(6)]), {
    raw: { width: 32, height: 64, channels: 3, pageHeight: 32 },
  });
  const [png, jpeg, webp] = ['image/png', 'image/jpeg', 'image/webp'] as const;
  return Promise.all([
    file('a small PNG', png, picture(1).png().toBuffer()),
    file('a PNG with a palette', png, photo.clone().png({ palette: true, colours: 16 }).toBuffer()),
    file('a grey PNG', png, photo.clone().toColourspace('b-w').png().toBuffer()),
    file('an interlaced PNG', png, photo.clone().png({ progressive: true }).toBuffer()),
    file('a PNG with alpha', png, clear.clone().png().toBuffer()),
    file(
      'a PNG with a profile and EXIF',
      png,
      photo.clone().withIccProfile('p3').withExif({}).png().toBuffer(),
    ),
    file('a PNG larger than the small ones', png, picture(2, 200).png().toBuffer()),
    file('a PNG by fast-png', png, encode({ width: 32, height: 32, data: noise(3), channels: 3, depth: 8 })),
    file(
      'a PNG of 16 bits',
      png,
      encode({
        width: 32,
        height: 32,
        data: Uint16Array.from(noise(4), (value) => value * 257),
        channels: 3,
        depth: 16,
      }),
    ),
    file(
      'a PNG of one bit',
      png,
      handMadePng({
        width: 32,
        height: 32,
        depth: 1,
        colourType: 0,
        rows: noise(5)
          .subarray(0, 160)
          .map((value, index) => (index % 5 === 0 ? 0 : value)),
      }),
    ),
    file('a JPEG', jpeg, photo.clone().jpeg().toBuffer()),
    file(
      'a progressive JPEG',
      jpeg,
      photo.clone().jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
    ),
    file('a grey JPEG', jpeg, photo.clone().toColourspace('b-w').jpeg().toBuffer()),
    file('a CMYK JPEG', jpeg, photo.clone().toColourspace('cmyk').jpeg().toBuffer()),
    file(
      'a JPEG that lies on its side',
      jpeg,
      photo.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    ),
    file('a WebP', webp, photo.clone().webp().toBuffer()),
    file('a lossless WebP', webp, photo.clone().webp({ lossless: true }).toBuffer()),
    file('a WebP with alpha', webp, clear.clone().webp().toBuffer()),
    file('an animated WebP', webp, both.webp({ lossless: true, delay: [100, 100] }).toBuffer()),
  ]);
}
