/**
 * onnxruntime-node reports to its vendor from the first session on unless this variable is set. It is imported
 * before onnxruntime-node, and by whatever starts worker threads: only the main thread's process.env reaches
 * the C library's environment, which is where ONNX Runtime looks.
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
