package consumer;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.cdkrotatingsecret.ActiveDirectoryTargetOptions;
import io.github.cdkrotatingsecret.CacheUserTargetOptions;
import io.github.cdkrotatingsecret.DatabaseTargetOptions;
import io.github.cdkrotatingsecret.GeneratedTargetOptions;
import io.github.cdkrotatingsecret.IamAccessKeyTargetOptions;
import io.github.cdkrotatingsecret.InvokeTargetOptions;
import io.github.cdkrotatingsecret.JwksPublication;
import io.github.cdkrotatingsecret.LdapTargetOptions;
import io.github.cdkrotatingsecret.PasswordPolicy;
import io.github.cdkrotatingsecret.RabbitMqTargetOptions;
import io.github.cdkrotatingsecret.RedisTargetOptions;
import io.github.cdkrotatingsecret.RotatingSecret;
import io.github.cdkrotatingsecret.RotationAlarmsOptions;
import io.github.cdkrotatingsecret.RotationCheck;
import io.github.cdkrotatingsecret.RotationCronOptions;
import io.github.cdkrotatingsecret.RotationFunction;
import io.github.cdkrotatingsecret.RotationNotification;
import io.github.cdkrotatingsecret.RotationOptions;
import io.github.cdkrotatingsecret.RotationPeriod;
import io.github.cdkrotatingsecret.RotationRules;
import io.github.cdkrotatingsecret.RotationRulesOptions;
import io.github.cdkrotatingsecret.RotationSpreadOptions;
import io.github.cdkrotatingsecret.RotationStrategy;
import io.github.cdkrotatingsecret.RotationTarget;
import io.github.cdkrotatingsecret.SesSmtpTargetOptions;
import io.github.cdkrotatingsecret.SigningAlgorithm;
import io.github.cdkrotatingsecret.SigningKeysTargetOptions;
import io.github.cdkrotatingsecret.SingleUserOptions;
import io.github.cdkrotatingsecret.SuperuserOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awscdk.AppProps;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.SecretValue;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.cloudwatch.AlarmRule;
import software.amazon.awscdk.services.cloudwatch.CompositeAlarm;
import software.amazon.awscdk.services.cloudwatch.Dashboard;
import software.amazon.awscdk.services.cloudwatch.GraphWidget;
import software.amazon.awscdk.services.cloudwatch.MetricOptions;
import software.amazon.awscdk.services.cloudwatch.actions.SnsAction;
import software.amazon.awscdk.services.ec2.InstanceType;
import software.amazon.awscdk.services.ec2.SecurityGroup;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.events.EventBus;
import software.amazon.awscdk.services.events.OnEventOptions;
import software.amazon.awscdk.services.events.Schedule;
import software.amazon.awscdk.services.events.targets.SnsTopic;
import software.amazon.awscdk.services.iam.User;
import software.amazon.awscdk.services.kms.Key;
import software.amazon.awscdk.services.lambda.Code;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.lambda.FunctionOptions;
import software.amazon.awscdk.services.lambda.Runtime;
import software.amazon.awscdk.services.rds.DatabaseInstance;
import software.amazon.awscdk.services.rds.DatabaseInstanceEngine;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.secretsmanager.RotationScheduleOptions;
import software.amazon.awscdk.services.secretsmanager.Secret;
import software.amazon.awscdk.services.secretsmanager.SecretStringGenerator;
import software.amazon.awscdk.services.sns.Topic;

/** The app of ../typescript, in Java. Prints how the package refuses misuse. */
public final class App {
    private static final SecretStringGenerator GENERATE_SECRET_STRING = SecretStringGenerator.builder()
            .secretStringTemplate("{\"username\":\"app\"}")
            .generateStringKey("password")
            .build();
    private static final SecretStringGenerator DATABASE_USER = SecretStringGenerator.builder()
            .secretStringTemplate("{\"username\":\"app\",\"dbname\":\"app\"}")
            .build();

    public static void main(final String[] args) throws Exception {
        var app = new software.amazon.awscdk.App();
        everyday(new Stack(app, "Everyday"));
        rules(new Stack(app, "Rules"));
        fleet(new Stack(app, "Fleet"), new Stack(app, "Elsewhere"));
        databases(new Stack(app, "Databases"));
        targets(new Stack(app, "Targets"));
        operations(new Stack(app, "Operations"));
        app.synth();

        var unused = new software.amazon.awscdk.App(AppProps.builder().autoSynth(false).build());
        System.out.println(new ObjectMapper().writeValueAsString(refusals(new Stack(unused, "Refused"))));
    }

    private static void everyday(final Stack stack) {
        RotatingSecret.Builder.create(stack, "Password")
                .secretName("my-app/custom-password")
                .generateSecretString(GENERATE_SECRET_STRING)
                .build();
        new RotatingSecret(stack, "Whole");
        RotatingSecret.Builder.create(stack, "Own")
                .secretObjectValue(Map.of("token", SecretValue.unsafePlainText("changed at the first rotation")))
                .target(RotationTarget.generated(GeneratedTargetOptions.builder().generateStringKey("token").build()))
                .rotateImmediately(true)
                .build();
    }

    private static void rules(final Stack stack) {
        var rotation = new RotationFunction(stack, "Rotation");
        Map<String, RotationRules> rules = new LinkedHashMap<>();
        rules.put("Rate", RotationRules.rate(Duration.days(10)));
        rules.put("RateInWindow", RotationRules.rate(Duration.hours(4), window(1)));
        rules.put("Weekly", RotationRules.cron(RotationCronOptions.builder()
                .weekDay("SUN")
                .hour("3")
                .window(Duration.hours(2))
                .build()));
        rules.put("Quarterly", RotationRules.cron(RotationCronOptions.builder().day("L").month("1/3").build()));
        rules.put("Expression", RotationRules.expression("cron(0 8 ? 1/3 MON#1 *)"));
        rules.put("ExpressionInWindow", RotationRules.expression("rate(7 days)", window(6)));
        rules.put("Daily", RotationRules.spread(RotationSpreadOptions.builder()
                .period(RotationPeriod.DAY)
                .weekDay("MON-FRI")
                .build()));
        rules.put("OnceAWeek", RotationRules.spread(RotationSpreadOptions.builder()
                .period(RotationPeriod.WEEK)
                .weekDay("SAT,SUN")
                .hour("1-4")
                .window(Duration.hours(2))
                .build()));
        rules.put("OnceAMonth", RotationRules.spread(RotationSpreadOptions.builder().period(RotationPeriod.MONTH).build()));
        rules.put("OnceAQuarter", RotationRules.spread(RotationSpreadOptions.builder().period(RotationPeriod.QUARTER).build()));

        rules.forEach((id, rotationRules) -> RotatingSecret.Builder.create(stack, id)
                .rotationFunction(rotation)
                .rotationRules(rotationRules)
                .build());
    }

    private static void fleet(final Stack stack, final Stack elsewhere) {
        var policy = PasswordPolicy.builder()
                .passwordLength(48)
                .excludeCharacters("\"@/\\")
                .excludeLowercase(false)
                .excludeUppercase(false)
                .excludeNumbers(true)
                .excludePunctuation(false)
                .includeSpace(true)
                .requireEachIncludedType(true)
                .build();
        var rotation = RotationFunction.Builder.create(stack, "Rotation")
                .target(RotationTarget.generated(GeneratedTargetOptions.builder()
                        .generateStringKey("password")
                        .passwordPolicy(policy)
                        .build()))
                .runtime(Runtime.NODEJS_20_X)
                .vpc(Vpc.Builder.create(stack, "Vpc").maxAzs(2).build())
                .memorySize(512)
                .timeout(Duration.minutes(1))
                .environment(Map.of("STAGE", "test"))
                .build();

        var secret = RotatingSecret.Builder.create(elsewhere, "App")
                .rotationFunction(rotation)
                .encryptionKey(new Key(elsewhere, "Key"))
                .generateSecretString(GENERATE_SECRET_STRING)
                .build();
        secret.getRotationFunction().rotate(Secret.Builder.create(elsewhere, "Existing")
                .generateSecretString(GENERATE_SECRET_STRING)
                .build());
        rotation.rotate(Secret.fromSecretNameV2(stack, "Imported", "imported"), RotationOptions.builder()
                .rotationRules(RotationRules.rate(Duration.days(90)))
                .rotateImmediately(true)
                .scheduleScope(elsewhere)
                .build());
    }

    private static void databases(final Stack stack) throws IOException {
        var vpc = Vpc.Builder.create(stack, "Vpc").maxAzs(2).build();
        var database = DatabaseInstance.Builder.create(stack, "Database")
                .engine(DatabaseInstanceEngine.POSTGRES)
                .instanceType(new InstanceType("t4g.micro"))
                .vpc(vpc)
                .build();
        var postgres = RotationFunction.Builder.create(stack, "Postgres")
                .vpc(vpc)
                .target(RotationTarget.postgres(DatabaseTargetOptions.builder()
                        .database(database)
                        .strategy(RotationStrategy.alternatingUsers(database.getSecret(), SuperuserOptions.builder()
                                .creationStatements(List.of("GRANT app_rights TO {user}"))
                                .build()))
                        .build()))
                .build();
        RotatingSecret.Builder.create(stack, "PostgresUser")
                .rotationFunction(postgres)
                .generateSecretString(DATABASE_USER)
                .build()
                .attach(database);

        RotatingSecret.Builder.create(stack, "MysqlUser")
                .generateSecretString(DATABASE_USER)
                .target(RotationTarget.mysql(DatabaseTargetOptions.builder()
                        .strategy(RotationStrategy.singleUser())
                        .certificateAuthority(Files.readString(Path.of("ca.pem")))
                        .passwordPolicy(PasswordPolicy.builder().passwordLength(40).build())
                        .build()))
                .build();
        RotatingSecret.Builder.create(stack, "MariadbUser")
                .generateSecretString(DATABASE_USER)
                .rotationRules(RotationRules.onDemand())
                .target(RotationTarget.mariadb(DatabaseTargetOptions.builder()
                        .strategy(RotationStrategy.singleUser(new Secret(stack, "MariadbSuperuser"), SingleUserOptions.builder()
                                .resetLostPassword(true)
                                .build()))
                        .endpoint("writer.example.com:3307")
                        .plaintextConnection(true)
                        .build()))
                .build();
        RotatingSecret.Builder.create(stack, "MongoDbUser")
                .generateSecretString(DATABASE_USER)
                .target(RotationTarget.mongoDb())
                .build();
        RotatingSecret.Builder.create(stack, "DocumentDbUser")
                .generateSecretString(DATABASE_USER)
                .target(RotationTarget.documentDb(DatabaseTargetOptions.builder()
                        .strategy(RotationStrategy.singleUser())
                        .build()))
                .build();
        RotatingSecret.Builder.create(stack, "DualPasswordsUser")
                .generateSecretString(DATABASE_USER)
                .target(RotationTarget.mysql(DatabaseTargetOptions.builder()
                        .strategy(RotationStrategy.dualPasswords())
                        .build()))
                .build();
        RotationFunction.Builder.create(stack, "Redis")
                .vpc(vpc)
                .target(RotationTarget.redis(RedisTargetOptions.builder()
                        .superuserSecret(new Secret(stack, "RedisSuperuser"))
                        .nodes(List.of("redis-1.example.com", "redis-2.example.com:6380"))
                        .database(SecurityGroup.Builder.create(stack, "RedisSecurityGroup").vpc(vpc).build())
                        .passwordPolicy(PasswordPolicy.builder().passwordLength(40).build())
                        .certificateAuthority(Files.readString(Path.of("ca.pem")))
                        .build()))
                .build();
        RotationFunction.Builder.create(stack, "ElastiCache")
                .vpc(vpc)
                .target(RotationTarget.elastiCacheUser(CacheUserTargetOptions.builder()
                        .userArn("arn:aws:elasticache:eu-west-1:111111111111:user:app")
                        .endpoint("cache.example.com:6380")
                        .cache(SecurityGroup.Builder.create(stack, "CacheSecurityGroup").vpc(vpc).build())
                        .passwordPolicy(PasswordPolicy.builder().passwordLength(40).build())
                        .build()))
                .build();
        RotationFunction.Builder.create(stack, "MemoryDb")
                .acknowledgeStandIns(true)
                .target(RotationTarget.memoryDbUser(CacheUserTargetOptions.builder()
                        .userArn("arn:aws:memorydb:eu-west-1:111111111111:user/app")
                        .build()))
                .build();
        RotationFunction.Builder.create(stack, "RabbitMq")
                .vpc(vpc)
                .target(RotationTarget.rabbitMq(RabbitMqTargetOptions.builder()
                        .strategy(RotationStrategy.alternatingUsers(new Secret(stack, "RabbitMqAdministrator")))
                        .broker(SecurityGroup.Builder.create(stack, "RabbitMqSecurityGroup").vpc(vpc).build())
                        .passwordPolicy(PasswordPolicy.builder().passwordLength(40).build())
                        .certificateAuthority(Files.readString(Path.of("ca.pem")))
                        .build()))
                .build();
        RotationFunction.Builder.create(stack, "Redshift")
                .vpc(vpc)
                .target(RotationTarget.redshift(DatabaseTargetOptions.builder()
                        .strategy(RotationStrategy.alternatingUsers(new Secret(stack, "RedshiftSuperuser")))
                        .database(SecurityGroup.Builder.create(stack, "RedshiftSecurityGroup").vpc(vpc).build())
                        .passwordPolicy(PasswordPolicy.builder().passwordLength(40).build())
                        .build()))
                .build();
        RotationFunction.Builder.create(stack, "Oracle")
                .vpc(vpc)
                .target(RotationTarget.oracle(DatabaseTargetOptions.builder()
                        .strategy(RotationStrategy.dualPasswords())
                        .database(SecurityGroup.Builder.create(stack, "OracleSecurityGroup").vpc(vpc).build())
                        .endpoint("orders.example.com:2484")
                        .passwordPolicy(PasswordPolicy.builder().passwordLength(24).build())
                        .build()))
                .build();
        RotationFunction.Builder.create(stack, "SqlServer")
                .vpc(vpc)
                .target(RotationTarget.sqlServer(DatabaseTargetOptions.builder()
                        .strategy(RotationStrategy.singleUser(new Secret(stack, "SqlServerSuperuser")))
                        .database(SecurityGroup.Builder.create(stack, "SqlServerSecurityGroup").vpc(vpc).build())
                        .passwordPolicy(PasswordPolicy.builder().passwordLength(40).build())
                        .build()))
                .build();
        RotationFunction.Builder.create(stack, "Ldap")
                .vpc(vpc)
                .target(RotationTarget.ldap(LdapTargetOptions.builder()
                        .strategy(RotationStrategy.dualPasswords(new Secret(stack, "LdapSuperuser")))
                        .directory(SecurityGroup.Builder.create(stack, "LdapSecurityGroup").vpc(vpc).build())
                        .passwordPolicy(PasswordPolicy.builder().passwordLength(40).build())
                        .certificateAuthority(Files.readString(Path.of("ca.pem")))
                        .build()))
                .build();
        RotationFunction.Builder.create(stack, "ActiveDirectory")
                .vpc(vpc)
                .target(RotationTarget.activeDirectory(ActiveDirectoryTargetOptions.builder()
                        .strategy(RotationStrategy.singleUser(new Secret(stack, "AdSuperuser")))
                        .directory(SecurityGroup.Builder.create(stack, "AdSecurityGroup").vpc(vpc).build())
                        .passwordPolicy(PasswordPolicy.builder().passwordLength(40).build())
                        .certificateAuthority(Files.readString(Path.of("ca.pem")))
                        .build()))
                .build();
    }

    private static void targets(final Stack stack) {
        var function = Function.Builder.create(stack, "Function")
                .code(Code.fromInline("exports.handler = async () => ({ status: \"done\" });"))
                .handler("index.handler")
                .runtime(Runtime.NODEJS_20_X)
                .build();
        RotatingSecret.Builder.create(stack, "Invoked")
                .target(RotationTarget.invoke(function, InvokeTargetOptions.builder()
                        .createSecret(true)
                        .finishSecret(true)
                        .versionStages(List.of("AWSPENDING", "AWSCURRENT"))
                        .build()))
                .build();
        RotatingSecret.Builder.create(stack, "Module")
                .target(RotationTarget.module("target.mjs", GeneratedTargetOptions.builder()
                        .passwordPolicy(PasswordPolicy.builder().passwordLength(40).build())
                        .build()))
                .build();
        RotatingSecret.Builder.create(stack, "AccessKey")
                .acknowledgeStandIns(true)
                .target(RotationTarget.iamAccessKey(IamAccessKeyTargetOptions.builder()
                        .user(new User(stack, "User"))
                        .exclusiveUser(true)
                        .accessKeyIdKey("AWS_ACCESS_KEY_ID")
                        .secretAccessKeyKey("AWS_SECRET_ACCESS_KEY")
                        .build()))
                .build();
        RotationFunction.Builder.create(stack, "AccessKeys")
                .secretNamePrefix("keys/")
                .target(RotationTarget.iamAccessKey(IamAccessKeyTargetOptions.builder()
                        .users(List.of(new User(stack, "Uploader")))
                        .build()))
                .build();
        RotationFunction.Builder.create(stack, "Smtps")
                .secretNamePrefix("smtp/")
                .target(RotationTarget.sesSmtp(SesSmtpTargetOptions.builder()
                        .users(List.of(new User(stack, "Sender")))
                        .build()))
                .build();
        RotatingSecret.Builder.create(stack, "Smtp")
                .target(RotationTarget.sesSmtp(SesSmtpTargetOptions.builder()
                        .user(new User(stack, "Mailer"))
                        .exclusiveUser(true)
                        .region("eu-west-1")
                        .build()))
                .build();
        var bucket = new Bucket(stack, "PublicKeys");
        var algorithms = new LinkedHashMap<String, SigningAlgorithm>();
        algorithms.put("RS256", SigningAlgorithm.RS256);
        algorithms.put("PS256", SigningAlgorithm.PS256);
        algorithms.put("ES256", SigningAlgorithm.ES256);
        algorithms.put("ES384", SigningAlgorithm.ES384);
        algorithms.put("EdDSA", SigningAlgorithm.EDDSA);
        algorithms.forEach((name, algorithm) -> RotatingSecret.Builder.create(stack, "Keys" + name)
                .target(RotationTarget.signingKeys(SigningKeysTargetOptions.builder()
                        .algorithm(algorithm)
                        .rsaModulusLength(3072)
                        .tokenLifetime(Duration.hours(1))
                        .publishTo(JwksPublication.builder()
                                .bucket(bucket)
                                .objectKey(name + ".json")
                                .cacheTime(Duration.minutes(5))
                                .build())
                        .build()))
                .build());
    }

    private static void operations(final Stack stack) {
        var topic = new Topic(stack, "Topic");
        var rotation = RotationFunction.Builder.create(stack, "Rotation")
                .rotationMetrics(true)
                .notification(RotationNotification.eventBus(new EventBus(stack, "Bus")))
                .build();
        var existing = rotation.rotate(Secret.Builder.create(stack, "Existing")
                .generateSecretString(GENERATE_SECRET_STRING)
                .build());
        var guarded = RotatingSecret.Builder.create(stack, "Guarded")
                .rotationMetrics(true)
                .generateSecretString(SecretStringGenerator.builder().passwordLength(64).build())
                .firstPasswordPolicy(PasswordPolicy.builder().passwordLength(32).build())
                .regenerationGuard("1")
                .build();
        var told = RotatingSecret.Builder.create(stack, "Told")
                .secretName("told/password")
                .rotateImmediately(true)
                .rotationFunction(RotationFunction.Builder.create(stack, "Telling")
                        .secretNamePrefix("told/")
                        .notification(RotationNotification.topic(topic))
                        .build())
                .build();

        var target = new SnsTopic(topic);
        var toTopic = OnEventOptions.builder().target(target).build();
        existing.onRotationSucceeded("Succeeded", toTopic);
        existing.onRotationFailed("Failed", toTopic);
        existing.onRotationAbandoned("Abandoned", toTopic);
        guarded.getRotation().onRotationSucceeded("Succeeded", toTopic);
        guarded.getRotation().onRotationFailed("Failed", toTopic);
        guarded.getRotation().onRotationAbandoned("Abandoned", OnEventOptions.builder()
                .target(target)
                .description("Somebody put a value")
                .build());

        var alarms = rotation.addRotationAlarms(RotationAlarmsOptions.builder()
                .alarmActions(List.of(new SnsAction(topic)))
                .durationPercent(90)
                .build());
        CompositeAlarm.Builder.create(stack, "Alarms")
                .alarmRule(AlarmRule.anyOf(
                        alarms.getRotationsFailed(), alarms.getErrors(), alarms.getThrottles(), alarms.getDuration()))
                .build();

        var check = RotationCheck.Builder.create(stack, "Check")
                .rotationFunctions(List.of(rotation, guarded.getRotationFunction()))
                .excludedSecrets(List.of(told))
                .grace(Duration.days(2))
                .schedule(Schedule.rate(Duration.hours(12)))
                .runtime(Runtime.NODEJS_20_X)
                .functionOptions(FunctionOptions.builder().memorySize(512).build())
                .build();
        check.addOverdueAlarm().addAlarmAction(new SnsAction(topic));
        check.getNode().addDependency(told.getRotation().getFirst());

        var graph = GraphWidget.Builder.create()
                .left(List.of(
                        existing.metricRotationsSucceeded(),
                        existing.metricRotationsFailed(),
                        existing.metricRotationStepDuration(),
                        guarded.getRotation().metricRotationsSucceeded(),
                        guarded.getRotation().metricRotationsFailed(),
                        guarded.getRotation().metricRotationStepDuration(),
                        rotation.metricRotationsSucceeded(),
                        rotation.metricRotationsFailed(MetricOptions.builder().period(Duration.days(1)).build()),
                        rotation.metricRotationStepDuration(MetricOptions.builder().statistic("p90").build()),
                        check.metricOverdueSecrets(),
                        check.getCheckFunction().metricErrors()))
                .build();
        Dashboard.Builder.create(stack, "Dashboard").widgets(List.of(List.of(graph))).build();
    }

    /** What the package says to each misuse. */
    private static Map<String, String> refusals(final Stack stack) {
        Map<String, Runnable> misuses = new TreeMap<>();
        misuses.put("an interval that is too short", () -> RotationRules.rate(Duration.hours(1)));
        misuses.put("a day and a day of the week", () -> RotationRules.cron(
                RotationCronOptions.builder().day("1").weekDay("SUN").build()));
        misuses.put("an expression with minutes", () -> RotationRules.expression("cron(30 8 * * ? *)"));
        misuses.put("a window that is too long", () -> RotationRules.rate(Duration.hours(4), window(5)));
        misuses.put("an hour that is too late for its window", () -> RotationRules.spread(
                RotationSpreadOptions.builder().hour("23").window(Duration.hours(2)).build()));
        misuses.put("a policy that can't be met", () -> RotationTarget.generated(GeneratedTargetOptions.builder()
                .passwordPolicy(PasswordPolicy.builder().passwordLength(0).build())
                .build()));
        misuses.put("a certificate authority that is none", () -> RotationTarget.postgres(
                DatabaseTargetOptions.builder().certificateAuthority("ca.pem").build()));
        misuses.put("a module that is none", () -> RotationTarget.module("nowhere.mjs"));
        misuses.put("a short RSA key", () -> RotationTarget.signingKeys(SigningKeysTargetOptions.builder()
                .algorithm(SigningAlgorithm.RS256)
                .rsaModulusLength(1024)
                .build()));
        misuses.put("a timeout that is too short", () -> RotationFunction.Builder.create(stack, "Timeout")
                .timeout(Duration.seconds(3))
                .build());
        misuses.put("an old runtime", () -> RotationFunction.Builder.create(stack, "Runtime")
                .runtime(Runtime.NODEJS_18_X)
                .build());
        misuses.put("a key without a template", () -> RotatingSecret.Builder.create(stack, "Key")
                .generateSecretString(SecretStringGenerator.builder().generateStringKey("password").build())
                .build());
        misuses.put("a second schedule", () -> new RotatingSecret(stack, "Second")
                .addRotationSchedule("Schedule", RotationScheduleOptions.builder().build()));
        misuses.put("a guard without a text", () -> RotatingSecret.Builder.create(stack, "Guard").regenerationGuard("").build());
        misuses.put("a metric that isn't made", () -> new RotatingSecret(stack, "Metric").getRotation().metricRotationsFailed());
        misuses.put("a check of nothing", () -> RotationCheck.Builder.create(stack, "Check")
                .rotationFunctions(List.of())
                .build());

        Map<String, String> refusals = new TreeMap<>();
        misuses.forEach((name, misuse) -> refusals.put(name, refusal(misuse)));
        return refusals;
    }

    private static String refusal(final Runnable misuse) {
        try {
            misuse.run();
        } catch (RuntimeException error) {
            return error.getMessage();
        }
        return "accepted";
    }

    private static RotationRulesOptions window(final int hours) {
        return RotationRulesOptions.builder().window(Duration.hours(hours)).build();
    }

    private App() {
    }
}
