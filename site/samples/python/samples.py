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

# sample: docs/targets/ses-smtp.md 1989c454
user = iam.User(self, "Mailer")
user.add_to_policy(iam.PolicyStatement(actions=["ses:SendRawEmail"], resources=["*"]))

RotatingSecret(self, "Smtp",
    target=RotationTarget.ses_smtp(user=user, exclusive_user=True),
    secret_object_value={
        "host": SecretValue.unsafe_plain_text(f"email-smtp.{Stack.of(self).region}.amazonaws.com"),
        "port": SecretValue.unsafe_plain_text("587"),
    },
)
# end
