export type PictureData = Blob | Uint8Array | ReadableStream<Uint8Array>;

/** A picture file (PNG, JPEG or WebP); a File's name, or the name beside it, stands in its result. */
export type Picture = PictureData | { readonly name: string; readonly data: PictureData };

/** Of a picture that has no name; the service calls it so too. */
const nameless = 'image';

/**
 * A form with each picture under `images`. A stream is read to its end: a request that may be made again needs its body
 * again, and browsers send no stream over plain HTTP.
 *
 * @throws the signal's reason; what a stream throws
 */
export async function formOf(pictures: readonly Picture[], signal: AbortSignal): Promise<FormData> {
  const form = new FormData();
  const files = await Promise.all(pictures.map((picture) => fileOf(picture, signal)));
  for (const { name, blob } of files) form.append('images', blob, name);
  return form;
}

interface NamedBlob {
  readonly name: string;
  readonly blob: Blob;
}

async function fileOf(picture: Picture, signal: AbortSignal): Promise<NamedBlob> {
  if (picture instanceof File) return { name: picture.name, blob: picture };
  if ('data' in picture) return { name: picture.name, blob: await blobOf(picture.data, signal) };
  return { name: nameless, blob: await blobOf(picture, signal) };
}

async function blobOf(data: PictureData, signal: AbortSignal): Promise<Blob> {
  if (data instanceof Blob) return data;
  if (data instanceof ReadableStream) return collect(data, signal);
  return new Blob([new Uint8Array(data)]); // the copy lies in memory that nobody shares, which a Blob asks for
}

async function collect(stream: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<Blob> {
  const chunks: Blob[] = [];
  const collector = new WritableStream<Uint8Array>({
    write: (chunk) => {
      chunks.push(new Blob([new Uint8Array(chunk)]));
    },
  });
  await stream.pipeTo(collector, { signal });
  return new Blob(chunks);
}
