export * from './password-policy';
export * from './rotating-secret';
export * from './rotation-check';
export * from './rotation-function';
export * from './rotation-notification';
export * from './rotation-rules';
export * from './rotation-strategy';
export * from './rotation-target';
