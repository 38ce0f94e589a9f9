// Package samples has the samples of README.md and docs/ in Go, which jsii-rosetta's translation would not compile.
// `npm run languages` compiles it. Each sample is shown from "sample:" to "end".
package samples

import (
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdocdb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awselasticache"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsmemorydb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	rotating "github.com/cdk-rotating-secret/cdk-rotating-secret-go/cdkrotatingsecret"
)

func firstSecret(stack awscdk.Stack) {
	// sample: README.md 2396ba31
	// rotating is github.com/cdk-rotating-secret/cdk-rotating-secret-go/cdkrotatingsecret
	rotating.NewRotatingSecret(stack, jsii.String("Password"), &rotating.RotatingSecretProps{
		SecretName: jsii.String("my-app/custom-password"),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"username":"user1"}`),
			GenerateStringKey:    jsii.String("password"),
		},
	})
	// end
}

func database(stack awscdk.Stack, vpc awsec2.IVpc, database awsrds.DatabaseInstance) {
	// sample: README.md ada6b9f6
	// rotating is github.com/cdk-rotating-secret/cdk-rotating-secret-go/cdkrotatingsecret
	strategy := rotating.RotationStrategy_AlternatingUsers(database.Secret(), &rotating.SuperuserOptions{
		CreationStatements: jsii.Strings("GRANT CONNECT, CREATE ON DATABASE app TO {user}"),
	})
	target := rotating.RotationTarget_Postgres(&rotating.DatabaseTargetOptions{
		Database: database,
		Strategy: strategy,
	})
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Vpc:    vpc,
		Target: target,
	})
	user := rotating.NewRotatingSecret(stack, jsii.String("User"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"username":"app","dbname":"app"}`),
		},
	})
	user.Attach(database) // adds engine, host and port
	// end
}

func module(stack awscdk.Stack) {
	// sample: README.md ca58325a
	rotating.NewRotatingSecret(stack, jsii.String("ApiKey"), &rotating.RotatingSecretProps{
		Target: rotating.RotationTarget_Module(jsii.String("lib/api-key.ts"), nil),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"client":"my-app"}`),
			GenerateStringKey:    jsii.String("apiKey"),
		},
	})
	// end
}

func function(stack awscdk.Stack, fn awslambda.IFunction) {
	// sample: README.md 7b70159c
	rotation := rotating.NewRotationFunction(stack, jsii.String("KeyRotation"), &rotating.RotationFunctionProps{
		Target: rotating.RotationTarget_Invoke(fn, nil),
	})
	// end
	_ = rotation
}

func schedules() {
	// sample: README.md 800d7f1d
	rotating.RotationRules_Rate(awscdk.Duration_Days(jsii.Number(10)), nil)
	rotating.RotationRules_Cron(&rotating.RotationCronOptions{ // Sundays, 03:00 to 05:00 UTC
		WeekDay: jsii.String("SUN"),
		Hour:    jsii.String("3"),
		Window:  awscdk.Duration_Hours(jsii.Number(2)),
	})
	rotating.RotationRules_Spread(&rotating.RotationSpreadOptions{ // gives each secret its own time
		WeekDay: jsii.String("MON-THU"),
		Hour:    jsii.String("9-14"),
	})
	// end
}

func fleet(stack, otherStack awscdk.Stack, vpc awsec2.IVpc, existingSecret awssecretsmanager.ISecret) {
	// sample: README.md 39193a1e
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Target: rotating.RotationTarget_Generated(&rotating.GeneratedTargetOptions{
			GenerateStringKey: jsii.String("password"),
			PasswordPolicy:    &rotating.PasswordPolicy{ExcludeCharacters: jsii.String(`"@/\`)},
		}),
		Vpc: vpc,
	})

	rotating.NewRotatingSecret(otherStack, jsii.String("App"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"username":"app"}`),
		},
	})
	rotation.Rotate(existingSecret, &rotating.RotationOptions{
		RotationRules: rotating.RotationRules_Spread(nil),
	})
	// end
}

func operations(stack awscdk.Stack, bus awsevents.IEventBus, action awscloudwatch.IAlarmAction, target awsevents.IRuleTarget, service constructs.Construct) {
	// sample: README.md 5f3d21b6
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		RotationMetrics: jsii.Bool(true),                             // outcomes for each secret, embedded in the log
		Notification:    rotating.RotationNotification_EventBus(bus), // a message on a bus, or a topic, for every new version
	})
	secret := rotating.NewRotatingSecret(stack, jsii.String("App"), &rotating.RotatingSecretProps{
		RotationFunction:  rotation,
		RotateImmediately: jsii.Bool(true),
	})

	rotation.AddRotationAlarms(&rotating.RotationAlarmsOptions{ // failed rotations, errors, throttles, near time-outs
		AlarmActions: &[]awscloudwatch.IAlarmAction{action},
	})
	service.Node().AddDependency(secret.Rotation().First())                              // deployed after the first rotation
	secret.Rotation().OnRotationFailed(jsii.String("Failed"), &awsevents.OnEventOptions{ // needs a trail
		Target: target,
	})
	rotating.NewRotationCheck(stack, jsii.String("Check"), nil).AddOverdueAlarm(nil)
	// end
}

func firstPasswordPolicy(stack awscdk.Stack) {
	// sample: docs/changing-a-secret.md 097f186e
	rotating.NewRotatingSecret(stack, jsii.String("App"), &rotating.RotatingSecretProps{
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"username":"app"}`),
			GenerateStringKey:    jsii.String("password"),
			PasswordLength:       jsii.Number(64),
		},
		FirstPasswordPolicy: &rotating.PasswordPolicy{PasswordLength: jsii.Number(20)}, // what the secret was deployed with
	})
	// end
}

func regenerationGuard(stack awscdk.Stack) {
	// sample: docs/changing-a-secret.md 72415847
	rotating.NewRotatingSecret(stack, jsii.String("App"), &rotating.RotatingSecretProps{
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"username":"app"}`),
			GenerateStringKey:    jsii.String("password"),
		},
		RegenerationGuard: jsii.String("1"),
	})
	// end
}

func databases(stack awscdk.Stack, vpc awsec2.IVpc, database awsrds.DatabaseInstance) {
	// sample: docs/databases.md 2b6afdcb
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Vpc: vpc,
		Target: rotating.RotationTarget_Postgres(&rotating.DatabaseTargetOptions{
			Database: database,
			Strategy: rotating.RotationStrategy_AlternatingUsers(database.Secret(), nil),
		}),
	})

	app := rotating.NewRotatingSecret(stack, jsii.String("App"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"username":"app","dbname":"app"}`),
		},
	})
	app.Attach(database) // engine, host and port
	// end
}

func spread(stack awscdk.Stack, rotation rotating.RotationFunction, names []string) {
	// sample: docs/fleets.md 38187bd7
	rotationRules := rotating.RotationRules_Spread(nil)

	for _, name := range names {
		rotating.NewRotatingSecret(stack, jsii.String(name), &rotating.RotatingSecretProps{
			RotationFunction: rotation,
			RotationRules:    rotationRules,
		})
	}
	// end
}

func spreadOptions() {
	// sample: docs/fleets.md 71941b2a
	rotating.RotationRules_Spread(&rotating.RotationSpreadOptions{ // office hours: 96 times a month
		WeekDay: jsii.String("MON-THU"),
		Hour:    jsii.String("9-14"),
	})
	rotating.RotationRules_Spread(&rotating.RotationSpreadOptions{ // weekend nights: 8 times a week
		Period:  rotating.RotationPeriod_WEEK,
		WeekDay: jsii.String("SAT,SUN"),
		Hour:    jsii.String("1-4"),
	})
	rotating.RotationRules_Spread(&rotating.RotationSpreadOptions{ // 2016 times a quarter
		Period: rotating.RotationPeriod_QUARTER,
	})
	// end
}

func logicalId(stack awscdk.Stack) {
	// sample: docs/moving.md 22f8203a
	secret := rotating.NewRotatingSecret(stack, jsii.String("Secret"), nil)
	schedule := secret.Node().FindChild(jsii.String("RotationSchedule")).(awssecretsmanager.CfnRotationSchedule)
	schedule.OverrideLogicalId(jsii.String("SecretRotationSchedule1A2B3C4D"))
	// end
}

func notification(stack awscdk.Stack, bus awsevents.IEventBus) {
	// sample: docs/notification.md 3a254fff
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Notification: rotating.RotationNotification_EventBus(bus), // or RotationNotification_Topic(topic)
	})
	// end
	_ = rotation
}

func rule(stack awscdk.Stack, bus awsevents.IEventBus, secret rotating.RotatingSecret, target awsevents.IRuleTarget) {
	// sample: docs/notification.md b5c08c3c
	awsevents.NewRule(stack, jsii.String("Rotated"), &awsevents.RuleProps{
		EventBus: bus,
		EventPattern: &awsevents.EventPattern{
			Source:     jsii.Strings("cdk-rotating-secret"),
			DetailType: jsii.Strings("Secret Rotated"),
			Resources:  &[]*string{secret.SecretArn()},
		},
		Targets: &[]awsevents.IRuleTarget{target},
	})
	// end
}

func scheduleOptions() {
	// sample: docs/options.md 4a67e498
	rotating.RotationRules_Rate(awscdk.Duration_Days(jsii.Number(10)), nil)
	rotating.RotationRules_Rate(awscdk.Duration_Hours(jsii.Number(4)), &rotating.RotationRulesOptions{
		Window: awscdk.Duration_Hours(jsii.Number(1)),
	})
	rotating.RotationRules_Cron(&rotating.RotationCronOptions{ // Sundays, 03:00 to 05:00 UTC
		WeekDay: jsii.String("SUN"),
		Hour:    jsii.String("3"),
		Window:  awscdk.Duration_Hours(jsii.Number(2)),
	})
	rotating.RotationRules_Cron(&rotating.RotationCronOptions{ // the last day of the month
		Day:  jsii.String("L"),
		Hour: jsii.String("22"),
	})
	rotating.RotationRules_Expression(jsii.String("cron(0 8 ? 1/3 MON#1 *)"), nil)
	rotating.RotationRules_Spread(&rotating.RotationSpreadOptions{ // gives each secret its own time
		WeekDay: jsii.String("MON-THU"),
		Hour:    jsii.String("9-14"),
	})
	rotating.RotationRules_OnDemand() // only when RotateSecret is called
	// end
}

func waitForFirst(stack awscdk.Stack, service constructs.Construct) {
	// sample: docs/options.md 99851719
	password := rotating.NewRotatingSecret(stack, jsii.String("Password"), &rotating.RotatingSecretProps{
		RotateImmediately: jsii.Bool(true),
	})
	service.Node().AddDependency(password.Rotation().First())
	// end
}

func passwordPolicy(stack awscdk.Stack) {
	// sample: docs/options.md 846214ed
	rotating.NewRotatingSecret(stack, jsii.String("Token"), &rotating.RotatingSecretProps{
		Target: rotating.RotationTarget_Generated(&rotating.GeneratedTargetOptions{
			PasswordPolicy: &rotating.PasswordPolicy{
				PasswordLength:     jsii.Number(48),
				ExcludePunctuation: jsii.Bool(true),
			},
		}),
	})
	// end
}

func overdue(stack awscdk.Stack, rotation rotating.RotationFunction, action awscloudwatch.IAlarmAction) {
	// sample: docs/overdue.md b353078a
	check := rotating.NewRotationCheck(stack, jsii.String("Check"), &rotating.RotationCheckProps{
		RotationFunctions: &[]awslambda.IFunction{rotation},
	})
	check.AddOverdueAlarm(nil).AddAlarmAction(action)
	// end
}

func functionOptions(stack awscdk.Stack, fn awslambda.IFunction) {
	// sample: docs/target-function.md 11eba8ee
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Target: rotating.RotationTarget_Invoke(fn, &rotating.InvokeTargetOptions{
			FinishSecret:  jsii.Bool(true),
			VersionStages: jsii.Strings("AWSPENDING", "AWSCURRENT"),
		}),
	})
	// end
	_ = rotation
}

func moduleOptions(stack awscdk.Stack, app awscdk.App) {
	// sample: docs/target-module.md 3eadeca5
	folder, _ := os.Getwd()
	rotation := rotating.NewRotationFunction(stack, jsii.String("KeyRotation"), &rotating.RotationFunctionProps{
		Target: rotating.RotationTarget_Module(jsii.String(filepath.Join(folder, "api-key.ts")), &rotating.GeneratedTargetOptions{
			GenerateStringKey: jsii.String("apiKey"),
			PasswordPolicy: &rotating.PasswordPolicy{
				PasswordLength:     jsii.Number(40),
				ExcludePunctuation: jsii.Bool(true),
			},
		}),
		Environment: &map[string]*string{
			"KEY_API_URL": jsii.String(app.Node().TryGetContext(jsii.String("keyApiUrl")).(string)),
		},
	})

	secret := rotating.NewRotatingSecret(stack, jsii.String("ApiKey"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"client":"my-app"}`),
		},
	})
	// end
	_ = secret
}

func migratedPassword(stack awscdk.Stack) {
	// sample: docs/migration.md 001f74dd
	rotating.NewRotatingSecret(stack, jsii.String("Password"), &rotating.RotatingSecretProps{
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"username":"user1"}`),
			GenerateStringKey:    jsii.String("password"),
		},
		RotationRules: rotating.RotationRules_Rate(awscdk.Duration_Days(jsii.Number(30)), nil),
	})
	// end
}

func migratedSchedule(stack awscdk.Stack, existingSecret awssecretsmanager.ISecret) {
	// sample: docs/migration.md 73e36bed
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Target: rotating.RotationTarget_Generated(&rotating.GeneratedTargetOptions{
			GenerateStringKey: jsii.String("password"),
		}),
	})
	rotation.Rotate(existingSecret, &rotating.RotationOptions{
		RotationRules: rotating.RotationRules_Rate(awscdk.Duration_Days(jsii.Number(30)), nil),
	})
	// end
}

func migratedDatabase(stack awscdk.Stack, vpc awsec2.IVpc, database awsrds.DatabaseInstance, existingSecret awssecretsmanager.ISecret) {
	// sample: docs/migration.md d2c78c41
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Vpc: vpc,
		Target: rotating.RotationTarget_Mysql(&rotating.DatabaseTargetOptions{
			Database: database,
			Strategy: rotating.RotationStrategy_AlternatingUsers(database.Secret(), nil),
		}),
	})
	rotation.Rotate(existingSecret, nil)
	// end
}

func signingKeys(stack awscdk.Stack) {
	// sample: docs/targets/signing-keys.md 5705c0c6
	bucket := awss3.NewBucket(stack, jsii.String("PublicKeys"), &awss3.BucketProps{EnforceSSL: jsii.Bool(true)})

	rotating.NewRotatingSecret(stack, jsii.String("TokenKeys"), &rotating.RotatingSecretProps{
		Target: rotating.RotationTarget_SigningKeys(&rotating.SigningKeysTargetOptions{
			Algorithm: rotating.SigningAlgorithm_ES256,
			PublishTo: &rotating.JwksPublication{
				Bucket:    bucket,
				CacheTime: awscdk.Duration_Minutes(jsii.Number(10)),
			},
			TokenLifetime: awscdk.Duration_Hours(jsii.Number(12)),
		}),
		RotationRules: rotating.RotationRules_Rate(awscdk.Duration_Days(jsii.Number(30)), nil),
	})
	// end
}

func accessKey(stack awscdk.Stack, bucket awss3.IBucket) {
	// sample: docs/targets/iam-access-key.md 068ddf5d
	user := awsiam.NewUser(stack, jsii.String("Uploader"), nil)
	bucket.GrantPut(user, nil)

	rotating.NewRotatingSecret(stack, jsii.String("UploaderKey"), &rotating.RotatingSecretProps{
		Target: rotating.RotationTarget_IamAccessKey(&rotating.IamAccessKeyTargetOptions{
			User:          user,
			ExclusiveUser: jsii.Bool(true),
		}),
	})
	// end
}

func accessKeys(stack awscdk.Stack) {
	// sample: docs/targets/iam-access-key.md 1fa629df
	uploader := awsiam.NewUser(stack, jsii.String("Uploader"), nil)
	reporter := awsiam.NewUser(stack, jsii.String("Reporter"), nil)
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Target: rotating.RotationTarget_IamAccessKey(&rotating.IamAccessKeyTargetOptions{
			Users: &[]awsiam.IUser{uploader, reporter},
		}),
		SecretNamePrefix: jsii.String("keys/"),
	})
	uploaderKey := rotating.NewRotatingSecret(stack, jsii.String("UploaderKey"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		SecretName:       jsii.String("keys/uploader"),
	})
	awscdk.Tags_Of(uploaderKey).Add(jsii.String("cdk-rotating-secret:user"), uploader.UserArn(), nil)
	reporterKey := rotating.NewRotatingSecret(stack, jsii.String("ReporterKey"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		SecretName:       jsii.String("keys/reporter"),
	})
	awscdk.Tags_Of(reporterKey).Add(jsii.String("cdk-rotating-secret:user"), reporter.UserArn(), nil)
	// end
}

func smtp(stack awscdk.Stack) {
	// sample: docs/targets/ses-smtp.md 1989c454
	user := awsiam.NewUser(stack, jsii.String("Mailer"), nil)
	user.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings("ses:SendRawEmail"),
		Resources: jsii.Strings("*"),
	}))

	rotating.NewRotatingSecret(stack, jsii.String("Smtp"), &rotating.RotatingSecretProps{
		Target: rotating.RotationTarget_SesSmtp(&rotating.SesSmtpTargetOptions{
			User:          user,
			ExclusiveUser: jsii.Bool(true),
		}),
		SecretObjectValue: &map[string]awscdk.SecretValue{
			"host": awscdk.SecretValue_UnsafePlainText(jsii.String("email-smtp." + *stack.Region() + ".amazonaws.com")),
			"port": awscdk.SecretValue_UnsafePlainText(jsii.String("587")),
		},
	})
	// end
}

func redis(stack awscdk.Stack, vpc awsec2.IVpc) {
	// sample: docs/targets/redis.md 9e002bba
	target := rotating.RotationTarget_Redis(&rotating.RedisTargetOptions{
		SuperuserSecret: awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("Superuser"), jsii.String("redis/superuser")),
		Nodes:           jsii.Strings("redis-1.internal.example.com", "redis-2.internal.example.com"),
	})
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Vpc:    vpc,
		Target: target,
	})

	rotating.NewRotatingSecret(stack, jsii.String("User"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"username":"app","host":"redis-1.internal.example.com"}`),
		},
	})
	// end
}

func rabbitMq(stack awscdk.Stack, vpc awsec2.IVpc) {
	// sample: docs/targets/rabbitmq.md 1f56698a
	administrator := awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("Administrator"), jsii.String("rabbitmq/administrator"))
	target := rotating.RotationTarget_RabbitMq(&rotating.RabbitMqTargetOptions{
		Strategy: rotating.RotationStrategy_AlternatingUsers(administrator, nil),
	})
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Vpc:    vpc,
		Target: target,
	})

	rotating.NewRotatingSecret(stack, jsii.String("User"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"username":"app","host":"rabbitmq.internal.example.com"}`),
		},
	})
	// end
}

func mongoDb(stack awscdk.Stack, vpc awsec2.IVpc) {
	// sample: docs/targets/mongodb.md 4a4ec8b3
	superuser := awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("Superuser"), jsii.String("mongodb/rotation"))
	target := rotating.RotationTarget_MongoDb(&rotating.DatabaseTargetOptions{
		Strategy: rotating.RotationStrategy_AlternatingUsers(superuser, nil),
	})
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Vpc:    vpc,
		Target: target,
	})

	rotating.NewRotatingSecret(stack, jsii.String("User"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"engine":"mongo","username":"app","host":"mongo.example.com"}`),
		},
	})
	// end
}

func documentDb(stack awscdk.Stack, vpc awsec2.IVpc) {
	// sample: docs/targets/documentdb.md 2fb23598
	cluster := awsdocdb.NewDatabaseCluster(stack, jsii.String("Cluster"), &awsdocdb.DatabaseClusterProps{
		Vpc:          vpc,
		InstanceType: awsec2.NewInstanceType(jsii.String("t4g.medium")),
		MasterUser:   &awsdocdb.Login{Username: jsii.String("master")},
	})
	strategy := rotating.RotationStrategy_AlternatingUsers(cluster.Secret(), nil)
	target := rotating.RotationTarget_DocumentDb(&rotating.DatabaseTargetOptions{
		Database: cluster,
		Strategy: strategy,
	})
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Vpc:    vpc,
		Target: target,
	})

	user := rotating.NewRotatingSecret(stack, jsii.String("User"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"username":"app"}`),
		},
	})
	user.Attach(cluster) // engine, host and port
	// end
}

func firstDeployment(stack awscdk.Stack, vpc awsec2.IVpc, database awsrds.DatabaseInstance, service constructs.Construct) {
	// sample: docs/first-deployment.md 2715c387
	strategy := rotating.RotationStrategy_AlternatingUsers(database.Secret(), &rotating.SuperuserOptions{
		CreationStatements: jsii.Strings("GRANT CONNECT, CREATE ON DATABASE app TO {user}"),
	})
	target := rotating.RotationTarget_Postgres(&rotating.DatabaseTargetOptions{
		Database: database,
		Strategy: strategy,
	})
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Vpc:    vpc,
		Target: target,
	})
	user := rotating.NewRotatingSecret(stack, jsii.String("User"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"username":"app","dbname":"app"}`),
		},
	})
	user.Attach(database) // engine, host and port
	service.Node().AddDependency(user.Rotation().First())
	// end
}

func endpoint(database awsrds.DatabaseInstance) {
	// sample: docs/first-deployment.md 24f1848b
	target := rotating.RotationTarget_Postgres(&rotating.DatabaseTargetOptions{
		Database: database,
		Endpoint: database.InstanceEndpoint().SocketAddress(),
	})
	// end
	_ = target
}

func postgresUser(database awsrds.DatabaseInstance) {
	// sample: docs/targets/postgres.md 027a06c4
	strategy := rotating.RotationStrategy_AlternatingUsers(database.Secret(), &rotating.SuperuserOptions{
		CreationStatements: jsii.Strings("GRANT app_rights TO {user}"),
	})
	target := rotating.RotationTarget_Postgres(&rotating.DatabaseTargetOptions{
		Database: database,
		Strategy: strategy,
	})
	// end
	_ = target
}

func mysqlUser(database awsrds.DatabaseInstance) {
	// sample: docs/targets/mysql.md 7e0e56d1
	strategy := rotating.RotationStrategy_DualPasswords(nil, nil)
	target := rotating.RotationTarget_Mysql(&rotating.DatabaseTargetOptions{
		Database: database,
		Strategy: strategy,
	})
	// end
	_ = target
}

func mariadbUser(database awsrds.DatabaseInstance) {
	// sample: docs/targets/mariadb.md da51a650
	strategy := rotating.RotationStrategy_DualPasswords(database.Secret(), nil)
	target := rotating.RotationTarget_Mariadb(&rotating.DatabaseTargetOptions{
		Database: database,
		Strategy: strategy,
	})
	// end
	_ = target
}

func generatedValue(stack awscdk.Stack) {
	// sample: docs/targets/generated.md deeafbf2
	rotating.NewRotatingSecret(stack, jsii.String("Token"), &rotating.RotatingSecretProps{
		Target: rotating.RotationTarget_Generated(&rotating.GeneratedTargetOptions{
			GenerateStringKey: jsii.String("token"),
			PasswordPolicy: &rotating.PasswordPolicy{
				PasswordLength:     jsii.Number(48),
				ExcludePunctuation: jsii.Bool(true),
			},
		}),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"service":"orders"}`),
		},
	})
	// end
}

func elastiCacheUser(stack awscdk.Stack) {
	// sample: docs/targets/elasticache-user.md 6d61e494
	user := awselasticache.NewCfnUser(stack, jsii.String("User"), &awselasticache.CfnUserProps{
		UserId:       jsii.String("app"),
		UserName:     jsii.String("app"),
		Engine:       jsii.String("valkey"),
		AccessString: jsii.String("on ~app:* +@read +@write"),
	})
	secret := rotating.NewRotatingSecret(stack, jsii.String("Secret"), &rotating.RotatingSecretProps{
		Target: rotating.RotationTarget_ElastiCacheUser(&rotating.CacheUserTargetOptions{UserArn: user.AttrArn()}),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"username":"app"}`),
		},
	})
	// The first password of the user is that of the secret.
	user.SetPasswords(&[]*string{secret.SecretValueFromJson(jsii.String("password")).UnsafeUnwrap()})
	// end
}

func elastiCacheLogin(stack awscdk.Stack, vpc awsec2.IVpc) {
	// sample: docs/targets/elasticache-user.md f9d0f663
	target := rotating.RotationTarget_ElastiCacheUser(&rotating.CacheUserTargetOptions{
		UserArn:  jsii.String("arn:aws:elasticache:eu-west-1:111122223333:user:app"),
		Endpoint: jsii.String("app-a1b2c3.serverless.euw1.cache.amazonaws.com:6379"),
		Cache:    awsec2.SecurityGroup_FromSecurityGroupId(stack, jsii.String("Cache"), jsii.String("sg-12345678"), nil),
	})
	rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{Vpc: vpc, Target: target})
	// end
}

func acknowledgedStandIns(stack awscdk.Stack) {
	// sample: docs/support.md 5d1ad5f5
	rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Target: rotating.RotationTarget_ElastiCacheUser(&rotating.CacheUserTargetOptions{
			UserArn: jsii.String("arn:aws:elasticache:eu-west-1:111122223333:user:app"),
		}),
		AcknowledgeStandIns: jsii.Bool(true),
	})
	// end
}

func hostedRotation(stack awscdk.Stack, vpc awsec2.IVpc, database awsrds.DatabaseInstance) {
	// sample: docs/support.md c592eb2b
	user := awsrds.NewDatabaseSecret(stack, jsii.String("User"), &awsrds.DatabaseSecretProps{
		Username:     jsii.String("app"),
		MasterSecret: database.Secret(),
	})
	hostedRotation := awssecretsmanager.HostedRotation_OracleMultiUser(&awssecretsmanager.MultiUserHostedRotationOptions{
		Vpc:          vpc,
		MasterSecret: database.Secret(),
	})
	user.Attach(database).AddRotationSchedule(jsii.String("Rotation"), &awssecretsmanager.RotationScheduleOptions{HostedRotation: hostedRotation})
	database.Connections().AllowDefaultPortFrom(hostedRotation, nil)
	// end
}

func memoryDbUser(stack awscdk.Stack) {
	// sample: docs/targets/memorydb-user.md 3c4d9fd5
	user := awsmemorydb.NewCfnUser(stack, jsii.String("User"), &awsmemorydb.CfnUserProps{
		UserName:     jsii.String("app"),
		AccessString: jsii.String("on ~app:* +@read +@write"),
	})
	secret := rotating.NewRotatingSecret(stack, jsii.String("Secret"), &rotating.RotatingSecretProps{
		Target: rotating.RotationTarget_MemoryDbUser(&rotating.CacheUserTargetOptions{UserArn: user.AttrArn()}),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"username":"app"}`),
		},
	})
	// The first password of the user is that of the secret.
	user.SetAuthenticationMode(map[string]interface{}{
		"Type":      jsii.String("password"),
		"Passwords": &[]*string{secret.SecretValueFromJson(jsii.String("password")).UnsafeUnwrap()},
	})
	// end
}

func activeDirectory(stack awscdk.Stack, vpc awsec2.IVpc) {
	// sample: docs/targets/active-directory.md 3bbe413d
	target := rotating.RotationTarget_ActiveDirectory(&rotating.ActiveDirectoryTargetOptions{
		Strategy: rotating.RotationStrategy_SingleUser(awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("Superuser"), jsii.String("ad/superuser")), nil),
	})
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Vpc:    vpc,
		Target: target,
	})

	rotating.NewRotatingSecret(stack, jsii.String("User"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"username":"app@ad.example.com","host":"dc1.ad.example.com"}`),
		},
	})
	// end
}

func ldap(stack awscdk.Stack, vpc awsec2.IVpc) {
	// sample: docs/targets/ldap.md c5c11406
	target := rotating.RotationTarget_Ldap(&rotating.LdapTargetOptions{
		Strategy: rotating.RotationStrategy_DualPasswords(awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("Superuser"), jsii.String("ldap/superuser")), nil),
	})
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Vpc:    vpc,
		Target: target,
	})

	rotating.NewRotatingSecret(stack, jsii.String("User"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"username":"uid=app,ou=services,dc=example,dc=com","host":"ldap.internal.example.com"}`),
		},
	})
	// end
}

func oracleUser(stack awscdk.Stack, vpc awsec2.IVpc, database awsrds.DatabaseInstance) {
	// sample: docs/targets/oracle.md 14f99419
	target := rotating.RotationTarget_Oracle(&rotating.DatabaseTargetOptions{
		Database: database,
		Strategy: rotating.RotationStrategy_DualPasswords(nil, nil),
	})
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Vpc:    vpc,
		Target: target,
	})

	rotating.NewRotatingSecret(stack, jsii.String("User"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"engine":"oracle","username":"app","host":"db.example.com","port":2484,"dbname":"ORCL"}`),
		},
	})
	// end
}

func oraclePort(stack awscdk.Stack, vpc awsec2.IVpc, database awsrds.DatabaseInstance) {
	// sample: docs/targets/oracle.md 87922668
	target := rotating.RotationTarget_Oracle(&rotating.DatabaseTargetOptions{
		Database: database,
		Endpoint: database.DbInstanceEndpointAddress(),
	})
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Vpc:    vpc,
		Target: target,
	})
	rotation.Rotate(database.Secret(), nil)
	// end
}

func redshiftUser(stack awscdk.Stack, vpc awsec2.IVpc) {
	// sample: docs/targets/redshift.md c84f1107
	target := rotating.RotationTarget_Redshift(&rotating.DatabaseTargetOptions{
		Database: awsec2.SecurityGroup_FromSecurityGroupId(stack, jsii.String("Cluster"), jsii.String("sg-12345678"), nil),
		Strategy: rotating.RotationStrategy_AlternatingUsers(awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("Superuser"), jsii.String("warehouse/superuser")), nil),
	})
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Vpc:    vpc,
		Target: target,
	})

	rotating.NewRotatingSecret(stack, jsii.String("User"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"engine":"redshift","username":"app","host":"warehouse.abc123.redshift.amazonaws.com"}`),
		},
	})
	// end
}

func sqlServerUser(stack awscdk.Stack, vpc awsec2.IVpc) {
	// sample: docs/targets/sql-server.md 7aa831f6
	target := rotating.RotationTarget_SqlServer(&rotating.DatabaseTargetOptions{
		Database: awsec2.SecurityGroup_FromSecurityGroupId(stack, jsii.String("SqlServer"), jsii.String("sg-12345678"), nil),
	})
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Vpc:    vpc,
		Target: target,
	})

	rotating.NewRotatingSecret(stack, jsii.String("User"), &rotating.RotatingSecretProps{
		RotationFunction: rotation,
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"engine":"sqlserver","username":"app","host":"db.abc123.eu-west-1.rds.amazonaws.com"}`),
		},
	})
	// end
}
