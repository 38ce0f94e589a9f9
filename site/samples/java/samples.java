// The samples of README.md and docs/ in Java of which jsii-rosetta's translation would not compile.
// `npm run languages` compiles them, with all others.

// sample: README.md 5f3d21b6
RotationFunction rotation = RotationFunction.Builder.create(this, "Rotation")
        .rotationMetrics(true) // outcomes for each secret, embedded in the log
        .notification(RotationNotification.eventBus(bus)) // a message on a bus, or a topic, for every new version
        .build();
RotatingSecret secret = RotatingSecret.Builder.create(this, "App").rotationFunction(rotation).rotateImmediately(true).build();

// failed rotations, errors, throttles, near time-outs
rotation.addRotationAlarms(RotationAlarmsOptions.builder().alarmActions(List.of(action)).build());
// deployed after the first rotation
service.getNode().addDependency(secret.getRotation().getFirst());
// a rule for the events of this secret; needs a trail
secret.getRotation().onRotationFailed("Failed", OnEventOptions.builder().target(target).build());
new RotationCheck(this, "Check").addOverdueAlarm();
// end

// sample: docs/fleets.md 38187bd7
RotationRules rotationRules = RotationRules.spread();

for (String name : names) {
    RotatingSecret.Builder.create(this, name).rotationFunction(rotation).rotationRules(rotationRules).build();
}
// end

// sample: docs/moving.md 22f8203a
RotatingSecret secret = new RotatingSecret(this, "Secret");
CfnRotationSchedule schedule = (CfnRotationSchedule) secret.getNode().findChild("RotationSchedule");
schedule.overrideLogicalId("SecretRotationSchedule1A2B3C4D");
// end

// sample: docs/options.md 99851719
RotatingSecret password = RotatingSecret.Builder.create(this, "Password").rotateImmediately(true).build();
service.getNode().addDependency(password.getRotation().getFirst());
// end

// sample: docs/target-module.md 3eadeca5
RotationFunction rotation = RotationFunction.Builder.create(stack, "KeyRotation")
        .target(RotationTarget.module("lib/api-key.ts", GeneratedTargetOptions.builder()
                .generateStringKey("apiKey")
                .passwordPolicy(PasswordPolicy.builder().passwordLength(40).excludePunctuation(true).build())
                .build()))
        .environment(Map.of("KEY_API_URL", (String) app.getNode().tryGetContext("keyApiUrl")))
        .build();

RotatingSecret secret = RotatingSecret.Builder.create(stack, "ApiKey")
        .rotationFunction(rotation)
        .generateSecretString(SecretStringGenerator.builder().secretStringTemplate("{\"client\":\"my-app\"}").build())
        .build();
// end

// sample: docs/targets/signing-keys.md 5705c0c6
Bucket bucket = Bucket.Builder.create(this, "PublicKeys").enforceSsl(true).build();

RotatingSecret.Builder.create(this, "TokenKeys")
        .target(RotationTarget.signingKeys(SigningKeysTargetOptions.builder()
                .algorithm(SigningAlgorithm.ES256)
                .publishTo(JwksPublication.builder().bucket(bucket).cacheTime(Duration.minutes(10)).build())
                .tokenLifetime(Duration.hours(12))
                .build()))
        .rotationRules(RotationRules.rate(Duration.days(30)))
        .build();
// end
