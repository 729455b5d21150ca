export * from './convolution.js';
export * from './elementwise.js';
export * from './layout.js';
export * from './loss.js';
export * from './matmul.js';
export * from './normalisation.js';
export * from './pooling.js';
export * from './reduction.js';
