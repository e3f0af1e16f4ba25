// SPDX-License-Identifier: MIT
// Unit tests: no privilege, no kernel feature, nothing outside the process and a temporary folder.
export default {
  files: ['dist/test/**/*.test.js', '!dist/test/**/*.integration.test.js'],
  workerThreads: false,
  nodeArguments: ['--enable-source-maps'],
  timeout: '60s',
};
