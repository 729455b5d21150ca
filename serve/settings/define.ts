import type { ServeConfig } from './settings.js';

export type { ServeConfig };

/** Types the default export of a configuration file for `kiln serve --config FILE`; returns it as it is. */
export function defineServeConfig(config: ServeConfig): ServeConfig {
  return config;
}
