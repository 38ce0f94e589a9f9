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

// sample: README.md ada6b9f6
List<String> creationStatements = List.of("GRANT CONNECT, CREATE ON DATABASE app TO {user}");
RotationStrategy strategy = RotationStrategy.alternatingUsers(database.getSecret(),
        SuperuserOptions.builder().creationStatements(creationStatements).build());
RotationTarget target = RotationTarget.postgres(DatabaseTargetOptions.builder().database(database).strategy(strategy).build());
RotationFunction rotation = RotationFunction.Builder.create(this, "Rotation").vpc(vpc).target(target).build();
RotatingSecret user = RotatingSecret.Builder.create(this, "User")
        .rotationFunction(rotation)
        .generateSecretString(SecretStringGenerator.builder().secretStringTemplate("{\"username\":\"app\",\"dbname\":\"app\"}").build())
        .build();
user.attach(database); // adds engine, host and port
// end

// sample: docs/first-deployment.md 2715c387
RotationStrategy strategy = RotationStrategy.alternatingUsers(database.getSecret(), SuperuserOptions.builder()
        .creationStatements(List.of("GRANT CONNECT, CREATE ON DATABASE app TO {user}"))
        .build());
RotationTarget target = RotationTarget.postgres(DatabaseTargetOptions.builder().database(database).strategy(strategy).build());
RotationFunction rotation = RotationFunction.Builder.create(this, "Rotation").vpc(vpc).target(target).build();
RotatingSecret user = RotatingSecret.Builder.create(this, "User")
        .rotationFunction(rotation)
        .generateSecretString(SecretStringGenerator.builder().secretStringTemplate("{\"username\":\"app\",\"dbname\":\"app\"}").build())
        .build();
user.attach(database); // engine, host and port
service.getNode().addDependency(user.getRotation().getFirst());
// end

// sample: docs/targets/postgres.md 027a06c4
RotationStrategy strategy = RotationStrategy.alternatingUsers(database.getSecret(), SuperuserOptions.builder()
        .creationStatements(List.of("GRANT app_rights TO {user}"))
        .build());
RotationTarget target = RotationTarget.postgres(DatabaseTargetOptions.builder().database(database).strategy(strategy).build());
// end

// sample: docs/targets/memorydb-user.md 3c4d9fd5
// CfnUser is software.amazon.awscdk.services.memorydb.CfnUser.
var user = software.amazon.awscdk.services.memorydb.CfnUser.Builder.create(this, "User")
        .userName("app")
        .accessString("on ~app:* +@read +@write")
        .build();
RotatingSecret secret = RotatingSecret.Builder.create(this, "Secret")
        .target(RotationTarget.memoryDbUser(CacheUserTargetOptions.builder().userArn(user.getAttrArn()).build()))
        .generateSecretString(SecretStringGenerator.builder().secretStringTemplate("{\"username\":\"app\"}").build())
        .build();
// The first password of the user is that of the secret.
user.setAuthenticationMode(Map.of(
        "Type", "password",
        "Passwords", List.of(secret.secretValueFromJson("password").unsafeUnwrap())));
// end

// sample: docs/targets/elasticache-user.md 6d61e494
// CfnUser is software.amazon.awscdk.services.elasticache.CfnUser.
var user = software.amazon.awscdk.services.elasticache.CfnUser.Builder.create(this, "User")
        .userId("app").userName("app").engine("valkey").accessString("on ~app:* +@read +@write")
        .build();
RotatingSecret secret = RotatingSecret.Builder.create(this, "Secret")
        .target(RotationTarget.elastiCacheUser(CacheUserTargetOptions.builder().userArn(user.getAttrArn()).build()))
        .generateSecretString(SecretStringGenerator.builder().secretStringTemplate("{\"username\":\"app\"}").build())
        .build();
// The first password of the user is that of the secret.
user.setPasswords(List.of(secret.secretValueFromJson("password").unsafeUnwrap()));
// end

// sample: docs/support.md c592eb2b
// DatabaseSecret is software.amazon.awscdk.services.rds.DatabaseSecret.
var user = software.amazon.awscdk.services.rds.DatabaseSecret.Builder.create(this, "User")
        .username("app").masterSecret(database.getSecret())
        .build();
HostedRotation hostedRotation = HostedRotation.oracleMultiUser(MultiUserHostedRotationOptions.builder()
        .vpc(vpc).masterSecret(database.getSecret())
        .build());
user.attach(database).addRotationSchedule("Rotation", RotationScheduleOptions.builder().hostedRotation(hostedRotation).build());
database.getConnections().allowDefaultPortFrom(hostedRotation);
// end
