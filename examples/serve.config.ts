import { defineServeConfig } from 'onnx-kiln';

// kiln serve --config examples/serve.config.ts; paths begin at this file.
const inProduction = process.env.NODE_ENV === 'production';

export default defineServeConfig({
  models: '../models/cifar10-deepcnn.onnx',
  host: inProduction ? '0.0.0.0' : '127.0.0.1',
  port: 8080,
  queueRows: 512,
  limits: { files: 8, maxPixels: 20_000_000 },
  rateLimit: 600,
  corsOrigins: ['https://example.com'],
  logLevel: inProduction ? 'info' : 'debug',
});
