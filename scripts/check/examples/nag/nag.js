// Prints, as JSON, what the packs of cdk-nag find in a template. Takes the template and not the app, so that the language and the
// version of CDK that the app is written in don't matter.
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
