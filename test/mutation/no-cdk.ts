// A fixture next to the contract's tests imports CDK, which would take most of the time of a run. Nothing here needs it.
export {};
