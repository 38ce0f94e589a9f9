import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'infra/', 'node_modules/'] },
  { files: ['**/*.ts'], extends: [tseslint.configs.recommendedTypeChecked], languageOptions: { parserOptions: { project: true } } },
  {
    files: ['**/*.ts'],
    rules: {
      'max-len': ['error', { code: 150 }],
      'quotes': ['error', 'single', { avoidEscape: true }],
      'semi': ['error', 'always'],
      'indent': 'off',
    },
  },
  // The runner waits for its own promises.
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/no-floating-promises': 'off' } },
);
