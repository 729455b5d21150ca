import type { Settings } from './settings/settings.js';
import type { UploadLimits } from './uploads.js';

/** What a program gives to start the service; what is missing has the default of settings/settings.ts. */
export type ServeOptions = Partial<Omit<Settings, 'models' | 'page' | 'supervise' | 'limits'>> & {
  /**
   * What is served: the bytes or the path of an ONNX file that kiln wrote, or a folder of them
   * (`<name>.onnx`, `<name>/<version>/model.onnx`).
   */
  readonly models: Uint8Array | string;
  readonly limits?: Partial<UploadLimits>;
  /** The built page; without it there is none at `/`. */
  readonly pageFolder?: string;
};
