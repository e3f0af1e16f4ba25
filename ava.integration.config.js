// SPDX-License-Identifier: MIT
// Integration tests: the real kernel, its ksm settings and real processes. They share one
// kernel, so they run one after the other.
export default {
  files: ['dist/test/**/*.integration.test.js'],
  workerThreads: false,
  concurrency: 1,
  serial: true,
  nodeArguments: ['--enable-source-maps'],
  timeout: '3m',
};
