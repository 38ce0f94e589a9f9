# The samples of README.md and docs/ in Python of which jsii-rosetta's translation would not run.
# `npm run languages` checks their types, with those of all others.

# sample: docs/moving.md 22f8203a
secret = RotatingSecret(self, "Secret")
schedule = cast(secretsmanager.CfnRotationSchedule, secret.node.find_child("RotationSchedule"))
schedule.override_logical_id("SecretRotationSchedule1A2B3C4D")
# end

# sample: docs/target-module.md 3eadeca5
rotation = RotationFunction(stack, "KeyRotation",
    target=RotationTarget.module(path.join(path.dirname(__file__), "api-key.ts"),
        generate_string_key="apiKey",
        password_policy=PasswordPolicy(password_length=40, exclude_punctuation=True),
    ),
    environment={"KEY_API_URL": app.node.try_get_context("keyApiUrl")},
)

secret = RotatingSecret(stack, "ApiKey",
    rotation_function=rotation,
    generate_secret_string=secretsmanager.SecretStringGenerator(secret_string_template='{"client":"my-app"}'),
)
# end
