// Prints the findings of cdk-nag's packs in a template, as JSON. It reads the template and not the app, so that the app's language and version
// of CDK don't matter.
const { App, Stack } = require('aws-cdk-lib');
const { CfnInclude } = require('aws-cdk-lib/cloudformation-include');
const { AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks } = require('cdk-nag');

const app = new App();
new CfnInclude(new Stack(app, 'Stack'), 'Template', { templateFile: process.argv[2] });

const violations = [AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks].flatMap((Pack) => new Pack(app).validateScope(app).violations);
console.log(JSON.stringify(violations.flatMap(({ ruleName, description, violatingResources }) => violatingResources.map(({ constructPath }) => ({
  rule: ruleName,
  logicalId: constructPath.split('/').pop(),
  message: description,
})))));
