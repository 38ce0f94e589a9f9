export * from './password-policy';
export * from './rotating-secret';
export * from './rotation';
export * from './rotation-alarms';
export * from './rotation-function';
export * from './rotation-rules';
export * from './rotation-strategy';
export * from './rotation-target';
