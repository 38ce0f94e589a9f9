// The app of ../typescript, in Go. Prints the package's errors for misuse.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsrds"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"
	rotating "github.com/cdk-rotating-secret/cdk-rotating-secret-go/cdkrotatingsecret"
)

var generateSecretString = &awssecretsmanager.SecretStringGenerator{
	SecretStringTemplate: jsii.String(`{"username":"app"}`),
	GenerateStringKey:    jsii.String("password"),
}

var databaseUser = &awssecretsmanager.SecretStringGenerator{
	SecretStringTemplate: jsii.String(`{"username":"app","dbname":"app"}`),
}

func main() {
	defer jsii.Close()

	app := awscdk.NewApp(nil)
	everyday(stack(app, "Everyday"))
	rules(stack(app, "Rules"))
	fleet(stack(app, "Fleet"), stack(app, "Elsewhere"))
	databases(stack(app, "Databases"))
	targets(stack(app, "Targets"))
	operations(stack(app, "Operations"))
	app.Synth(nil)

	if err := json.NewEncoder(os.Stdout).Encode(refusals(stack(awscdk.NewApp(&awscdk.AppProps{AutoSynth: jsii.Bool(false)}), "Refused"))); err != nil {
		panic(err)
	}
}

func stack(app awscdk.App, id string) awscdk.Stack {
	return awscdk.NewStack(app, jsii.String(id), nil)
}

func everyday(stack awscdk.Stack) {
	rotating.NewRotatingSecret(stack, jsii.String("Password"), &rotating.RotatingSecretProps{
		SecretName:           jsii.String("my-app/custom-password"),
		GenerateSecretString: generateSecretString,
	})
	rotating.NewRotatingSecret(stack, jsii.String("Whole"), nil)
	rotating.NewRotatingSecret(stack, jsii.String("Own"), &rotating.RotatingSecretProps{
		SecretObjectValue: &map[string]awscdk.SecretValue{
			"token": awscdk.SecretValue_UnsafePlainText(jsii.String("changed at the first rotation")),
		},
		Target:            rotating.RotationTarget_Generated(&rotating.GeneratedTargetOptions{GenerateStringKey: jsii.String("token")}),
		RotateImmediately: jsii.Bool(true),
	})
}

func rules(stack awscdk.Stack) {
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), nil)
	secret := func(id string, rules rotating.RotationRules) {
		rotating.NewRotatingSecret(stack, jsii.String(id), &rotating.RotatingSecretProps{
			RotationFunction: rotation,
			RotationRules:    rules,
		})
	}

	secret("Rate", rotating.RotationRules_Rate(awscdk.Duration_Days(jsii.Number(10)), nil))
	secret("RateInWindow", rotating.RotationRules_Rate(hours(4), &rotating.RotationRulesOptions{Window: hours(1)}))
	secret("Weekly", rotating.RotationRules_Cron(&rotating.RotationCronOptions{
		WeekDay: jsii.String("SUN"),
		Hour:    jsii.String("3"),
		Window:  hours(2),
	}))
	secret("Quarterly", rotating.RotationRules_Cron(&rotating.RotationCronOptions{
		Day:   jsii.String("L"),
		Month: jsii.String("1/3"),
	}))
	secret("Expression", rotating.RotationRules_Expression(jsii.String("cron(0 8 ? 1/3 MON#1 *)"), nil))
	secret("ExpressionInWindow", rotating.RotationRules_Expression(jsii.String("rate(7 days)"), &rotating.RotationRulesOptions{
		Window: hours(6),
	}))
	secret("Daily", rotating.RotationRules_Spread(&rotating.RotationSpreadOptions{
		Period:  rotating.RotationPeriod_DAY,
		WeekDay: jsii.String("MON-FRI"),
	}))
	secret("OnceAWeek", rotating.RotationRules_Spread(&rotating.RotationSpreadOptions{
		Period:  rotating.RotationPeriod_WEEK,
		WeekDay: jsii.String("SAT,SUN"),
		Hour:    jsii.String("1-4"),
		Window:  hours(2),
	}))
	secret("OnceAMonth", rotating.RotationRules_Spread(&rotating.RotationSpreadOptions{Period: rotating.RotationPeriod_MONTH}))
	secret("OnceAQuarter", rotating.RotationRules_Spread(&rotating.RotationSpreadOptions{Period: rotating.RotationPeriod_QUARTER}))
}

func fleet(stack awscdk.Stack, elsewhere awscdk.Stack) {
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		Target: rotating.RotationTarget_Generated(&rotating.GeneratedTargetOptions{
			GenerateStringKey: jsii.String("password"),
			PasswordPolicy: &rotating.PasswordPolicy{
				PasswordLength:          jsii.Number(48),
				ExcludeCharacters:       jsii.String(`"@/\`),
				ExcludeLowercase:        jsii.Bool(false),
				ExcludeUppercase:        jsii.Bool(false),
				ExcludeNumbers:          jsii.Bool(true),
				ExcludePunctuation:      jsii.Bool(false),
				IncludeSpace:            jsii.Bool(true),
				RequireEachIncludedType: jsii.Bool(true),
			},
		}),
		Runtime:     awslambda.Runtime_NODEJS_20_X(),
		Vpc:         vpc(stack),
		MemorySize:  jsii.Number(512),
		Timeout:     awscdk.Duration_Minutes(jsii.Number(1)),
		Environment: &map[string]*string{"STAGE": jsii.String("test")},
	})

	secret := rotating.NewRotatingSecret(elsewhere, jsii.String("App"), &rotating.RotatingSecretProps{
		RotationFunction:     rotation,
		EncryptionKey:        awskms.NewKey(elsewhere, jsii.String("Key"), nil),
		GenerateSecretString: generateSecretString,
	})
	existing := awssecretsmanager.NewSecret(elsewhere, jsii.String("Existing"), &awssecretsmanager.SecretProps{
		GenerateSecretString: generateSecretString,
	})
	secret.RotationFunction().Rotate(existing, nil)
	imported := awssecretsmanager.Secret_FromSecretNameV2(stack, jsii.String("Imported"), jsii.String("imported"))
	rotation.Rotate(imported, &rotating.RotationOptions{
		RotationRules:     rotating.RotationRules_Rate(awscdk.Duration_Days(jsii.Number(90)), nil),
		RotateImmediately: jsii.Bool(true),
		ScheduleScope:     elsewhere,
	})
}

func databases(stack awscdk.Stack) {
	vpc := vpc(stack)
	database := awsrds.NewDatabaseInstance(stack, jsii.String("Database"), &awsrds.DatabaseInstanceProps{
		Engine:       awsrds.DatabaseInstanceEngine_POSTGRES(),
		InstanceType: awsec2.NewInstanceType(jsii.String("t4g.micro")),
		Vpc:          vpc,
	})
	postgres := rotating.NewRotationFunction(stack, jsii.String("Postgres"), &rotating.RotationFunctionProps{
		Vpc: vpc,
		Target: rotating.RotationTarget_Postgres(&rotating.DatabaseTargetOptions{
			Database: database,
			Strategy: rotating.RotationStrategy_AlternatingUsers(database.Secret(), &rotating.SuperuserOptions{
				CreationStatements: jsii.Strings("GRANT app_rights TO {user}"),
			}),
		}),
	})
	rotating.NewRotatingSecret(stack, jsii.String("PostgresUser"), &rotating.RotatingSecretProps{
		RotationFunction:     postgres,
		GenerateSecretString: databaseUser,
	}).Attach(database)

	certificateAuthority, err := os.ReadFile("ca.pem")
	if err != nil {
		panic(err)
	}
	rotating.NewRotatingSecret(stack, jsii.String("MysqlUser"), &rotating.RotatingSecretProps{
		GenerateSecretString: databaseUser,
		Target: rotating.RotationTarget_Mysql(&rotating.DatabaseTargetOptions{
			Strategy:             rotating.RotationStrategy_SingleUser(nil, nil),
			CertificateAuthority: jsii.String(string(certificateAuthority)),
			PasswordPolicy:       &rotating.PasswordPolicy{PasswordLength: jsii.Number(40)},
		}),
	})
	rotating.NewRotatingSecret(stack, jsii.String("MariadbUser"), &rotating.RotatingSecretProps{
		GenerateSecretString: databaseUser,
		RotationRules:        rotating.RotationRules_OnDemand(),
		Target: rotating.RotationTarget_Mariadb(&rotating.DatabaseTargetOptions{
			Strategy: rotating.RotationStrategy_SingleUser(awssecretsmanager.NewSecret(stack, jsii.String("MariadbSuperuser"), nil), &rotating.SingleUserOptions{
				ResetLostPassword: jsii.Bool(true),
			}),
			Endpoint:            jsii.String("writer.example.com:3307"),
			PlaintextConnection: jsii.Bool(true),
		}),
	})
	rotating.NewRotatingSecret(stack, jsii.String("MongoDbUser"), &rotating.RotatingSecretProps{
		GenerateSecretString: databaseUser,
		Target:               rotating.RotationTarget_MongoDb(nil),
	})
	rotating.NewRotatingSecret(stack, jsii.String("DocumentDbUser"), &rotating.RotatingSecretProps{
		GenerateSecretString: databaseUser,
		Target: rotating.RotationTarget_DocumentDb(&rotating.DatabaseTargetOptions{
			Strategy: rotating.RotationStrategy_SingleUser(nil, nil),
		}),
	})
	rotating.NewRotatingSecret(stack, jsii.String("DualPasswordsUser"), &rotating.RotatingSecretProps{
		GenerateSecretString: databaseUser,
		Target: rotating.RotationTarget_Mysql(&rotating.DatabaseTargetOptions{
			Strategy: rotating.RotationStrategy_DualPasswords(nil, nil),
		}),
	})
	rotating.NewRotationFunction(stack, jsii.String("Redis"), &rotating.RotationFunctionProps{
		Vpc: vpc,
		Target: rotating.RotationTarget_Redis(&rotating.RedisTargetOptions{
			SuperuserSecret:      awssecretsmanager.NewSecret(stack, jsii.String("RedisSuperuser"), nil),
			Nodes:                jsii.Strings("redis-1.example.com", "redis-2.example.com:6380"),
			Database:             awsec2.NewSecurityGroup(stack, jsii.String("RedisSecurityGroup"), &awsec2.SecurityGroupProps{Vpc: vpc}),
			PasswordPolicy:       &rotating.PasswordPolicy{PasswordLength: jsii.Number(40)},
			CertificateAuthority: jsii.String(string(certificateAuthority)),
		}),
	})
	rotating.NewRotationFunction(stack, jsii.String("ElastiCache"), &rotating.RotationFunctionProps{
		Vpc: vpc,
		Target: rotating.RotationTarget_ElastiCacheUser(&rotating.CacheUserTargetOptions{
			UserArn:        jsii.String("arn:aws:elasticache:eu-west-1:111111111111:user:app"),
			Endpoint:       jsii.String("cache.example.com:6380"),
			Cache:          awsec2.NewSecurityGroup(stack, jsii.String("CacheSecurityGroup"), &awsec2.SecurityGroupProps{Vpc: vpc}),
			PasswordPolicy: &rotating.PasswordPolicy{PasswordLength: jsii.Number(40)},
		}),
	})
	rotating.NewRotationFunction(stack, jsii.String("MemoryDb"), &rotating.RotationFunctionProps{
		AcknowledgeStandIns: jsii.Bool(true),
		Target: rotating.RotationTarget_MemoryDbUser(&rotating.CacheUserTargetOptions{
			UserArn: jsii.String("arn:aws:memorydb:eu-west-1:111111111111:user/app"),
		}),
	})
	rotating.NewRotationFunction(stack, jsii.String("RabbitMq"), &rotating.RotationFunctionProps{
		Vpc: vpc,
		Target: rotating.RotationTarget_RabbitMq(&rotating.RabbitMqTargetOptions{
			Strategy:             rotating.RotationStrategy_AlternatingUsers(awssecretsmanager.NewSecret(stack, jsii.String("RabbitMqAdministrator"), nil), nil),
			Broker:               awsec2.NewSecurityGroup(stack, jsii.String("RabbitMqSecurityGroup"), &awsec2.SecurityGroupProps{Vpc: vpc}),
			PasswordPolicy:       &rotating.PasswordPolicy{PasswordLength: jsii.Number(40)},
			CertificateAuthority: jsii.String(string(certificateAuthority)),
		}),
	})
	rotating.NewRotationFunction(stack, jsii.String("Redshift"), &rotating.RotationFunctionProps{
		Vpc: vpc,
		Target: rotating.RotationTarget_Redshift(&rotating.DatabaseTargetOptions{
			Strategy:       rotating.RotationStrategy_AlternatingUsers(awssecretsmanager.NewSecret(stack, jsii.String("RedshiftSuperuser"), nil), nil),
			Database:       awsec2.NewSecurityGroup(stack, jsii.String("RedshiftSecurityGroup"), &awsec2.SecurityGroupProps{Vpc: vpc}),
			PasswordPolicy: &rotating.PasswordPolicy{PasswordLength: jsii.Number(40)},
		}),
	})
	rotating.NewRotationFunction(stack, jsii.String("Oracle"), &rotating.RotationFunctionProps{
		Vpc: vpc,
		Target: rotating.RotationTarget_Oracle(&rotating.DatabaseTargetOptions{
			Strategy:       rotating.RotationStrategy_DualPasswords(nil, nil),
			Database:       awsec2.NewSecurityGroup(stack, jsii.String("OracleSecurityGroup"), &awsec2.SecurityGroupProps{Vpc: vpc}),
			Endpoint:       jsii.String("orders.example.com:2484"),
			PasswordPolicy: &rotating.PasswordPolicy{PasswordLength: jsii.Number(24)},
		}),
	})
	rotating.NewRotationFunction(stack, jsii.String("SqlServer"), &rotating.RotationFunctionProps{
		Vpc: vpc,
		Target: rotating.RotationTarget_SqlServer(&rotating.DatabaseTargetOptions{
			Strategy:       rotating.RotationStrategy_SingleUser(awssecretsmanager.NewSecret(stack, jsii.String("SqlServerSuperuser"), nil), nil),
			Database:       awsec2.NewSecurityGroup(stack, jsii.String("SqlServerSecurityGroup"), &awsec2.SecurityGroupProps{Vpc: vpc}),
			PasswordPolicy: &rotating.PasswordPolicy{PasswordLength: jsii.Number(40)},
		}),
	})
	rotating.NewRotationFunction(stack, jsii.String("Ldap"), &rotating.RotationFunctionProps{
		Vpc: vpc,
		Target: rotating.RotationTarget_Ldap(&rotating.LdapTargetOptions{
			Strategy:             rotating.RotationStrategy_DualPasswords(awssecretsmanager.NewSecret(stack, jsii.String("LdapSuperuser"), nil), nil),
			Directory:            awsec2.NewSecurityGroup(stack, jsii.String("LdapSecurityGroup"), &awsec2.SecurityGroupProps{Vpc: vpc}),
			PasswordPolicy:       &rotating.PasswordPolicy{PasswordLength: jsii.Number(40)},
			CertificateAuthority: jsii.String(string(certificateAuthority)),
		}),
	})
	rotating.NewRotationFunction(stack, jsii.String("ActiveDirectory"), &rotating.RotationFunctionProps{
		Vpc: vpc,
		Target: rotating.RotationTarget_ActiveDirectory(&rotating.ActiveDirectoryTargetOptions{
			Strategy:             rotating.RotationStrategy_SingleUser(awssecretsmanager.NewSecret(stack, jsii.String("AdSuperuser"), nil), nil),
			Directory:            awsec2.NewSecurityGroup(stack, jsii.String("AdSecurityGroup"), &awsec2.SecurityGroupProps{Vpc: vpc}),
			PasswordPolicy:       &rotating.PasswordPolicy{PasswordLength: jsii.Number(40)},
			CertificateAuthority: jsii.String(string(certificateAuthority)),
		}),
	})
}

func targets(stack awscdk.Stack) {
	function := awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Code:    awslambda.Code_FromInline(jsii.String(`exports.handler = async () => ({ status: "done" });`)),
		Handler: jsii.String("index.handler"),
		Runtime: awslambda.Runtime_NODEJS_20_X(),
	})
	rotating.NewRotatingSecret(stack, jsii.String("Invoked"), &rotating.RotatingSecretProps{
		Target: rotating.RotationTarget_Invoke(function, &rotating.InvokeTargetOptions{
			CreateSecret:  jsii.Bool(true),
			FinishSecret:  jsii.Bool(true),
			VersionStages: jsii.Strings("AWSPENDING", "AWSCURRENT"),
		}),
	})
	rotating.NewRotatingSecret(stack, jsii.String("Module"), &rotating.RotatingSecretProps{
		Target: rotating.RotationTarget_Module(jsii.String("target.mjs"), &rotating.GeneratedTargetOptions{
			PasswordPolicy: &rotating.PasswordPolicy{PasswordLength: jsii.Number(40)},
		}),
	})
	rotating.NewRotatingSecret(stack, jsii.String("AccessKey"), &rotating.RotatingSecretProps{
		AcknowledgeStandIns: jsii.Bool(true),
		Target: rotating.RotationTarget_IamAccessKey(&rotating.IamAccessKeyTargetOptions{
			User:               awsiam.NewUser(stack, jsii.String("User"), nil),
			ExclusiveUser:      jsii.Bool(true),
			AccessKeyIdKey:     jsii.String("AWS_ACCESS_KEY_ID"),
			SecretAccessKeyKey: jsii.String("AWS_SECRET_ACCESS_KEY"),
		}),
	})
	rotating.NewRotationFunction(stack, jsii.String("AccessKeys"), &rotating.RotationFunctionProps{
		SecretNamePrefix: jsii.String("keys/"),
		Target: rotating.RotationTarget_IamAccessKey(&rotating.IamAccessKeyTargetOptions{
			Users: &[]awsiam.IUser{awsiam.NewUser(stack, jsii.String("Uploader"), nil)},
		}),
	})
	rotating.NewRotationFunction(stack, jsii.String("Smtps"), &rotating.RotationFunctionProps{
		SecretNamePrefix: jsii.String("smtp/"),
		Target: rotating.RotationTarget_SesSmtp(&rotating.SesSmtpTargetOptions{
			Users: &[]awsiam.IUser{awsiam.NewUser(stack, jsii.String("Sender"), nil)},
		}),
	})
	rotating.NewRotatingSecret(stack, jsii.String("Smtp"), &rotating.RotatingSecretProps{
		Target: rotating.RotationTarget_SesSmtp(&rotating.SesSmtpTargetOptions{
			User:          awsiam.NewUser(stack, jsii.String("Mailer"), nil),
			ExclusiveUser: jsii.Bool(true),
			Region:        jsii.String("eu-west-1"),
		}),
	})
	bucket := awss3.NewBucket(stack, jsii.String("PublicKeys"), nil)
	algorithms := map[string]rotating.SigningAlgorithm{
		"RS256": rotating.SigningAlgorithm_RS256,
		"PS256": rotating.SigningAlgorithm_PS256,
		"ES256": rotating.SigningAlgorithm_ES256,
		"ES384": rotating.SigningAlgorithm_ES384,
		"EdDSA": rotating.SigningAlgorithm_EDDSA,
	}
	for _, name := range []string{"RS256", "PS256", "ES256", "ES384", "EdDSA"} {
		rotating.NewRotatingSecret(stack, jsii.String("Keys"+name), &rotating.RotatingSecretProps{
			Target: rotating.RotationTarget_SigningKeys(&rotating.SigningKeysTargetOptions{
				Algorithm:        algorithms[name],
				RsaModulusLength: jsii.Number(3072),
				TokenLifetime:    awscdk.Duration_Hours(jsii.Number(1)),
				PublishTo: &rotating.JwksPublication{
					Bucket:    bucket,
					ObjectKey: jsii.String(name + ".json"),
					CacheTime: awscdk.Duration_Minutes(jsii.Number(5)),
				},
			}),
		})
	}
}

func operations(stack awscdk.Stack) {
	topic := awssns.NewTopic(stack, jsii.String("Topic"), nil)
	rotation := rotating.NewRotationFunction(stack, jsii.String("Rotation"), &rotating.RotationFunctionProps{
		RotationMetrics: jsii.Bool(true),
		Notification:    rotating.RotationNotification_EventBus(awsevents.NewEventBus(stack, jsii.String("Bus"), nil)),
	})
	existing := rotation.Rotate(awssecretsmanager.NewSecret(stack, jsii.String("Existing"), &awssecretsmanager.SecretProps{
		GenerateSecretString: generateSecretString,
	}), nil)
	guarded := rotating.NewRotatingSecret(stack, jsii.String("Guarded"), &rotating.RotatingSecretProps{
		RotationMetrics:      jsii.Bool(true),
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{PasswordLength: jsii.Number(64)},
		FirstPasswordPolicy:  &rotating.PasswordPolicy{PasswordLength: jsii.Number(32)},
		RegenerationGuard:    jsii.String("1"),
	})
	told := rotating.NewRotatingSecret(stack, jsii.String("Told"), &rotating.RotatingSecretProps{
		SecretName:        jsii.String("told/password"),
		RotateImmediately: jsii.Bool(true),
		RotationFunction: rotating.NewRotationFunction(stack, jsii.String("Telling"), &rotating.RotationFunctionProps{
			SecretNamePrefix: jsii.String("told/"),
			Notification:     rotating.RotationNotification_Topic(topic),
		}),
	})

	target := awseventstargets.NewSnsTopic(topic, nil)
	toTopic := &awsevents.OnEventOptions{Target: target}
	existing.OnRotationSucceeded(jsii.String("Succeeded"), toTopic)
	existing.OnRotationFailed(jsii.String("Failed"), toTopic)
	existing.OnRotationAbandoned(jsii.String("Abandoned"), toTopic)
	guarded.Rotation().OnRotationSucceeded(jsii.String("Succeeded"), toTopic)
	guarded.Rotation().OnRotationFailed(jsii.String("Failed"), toTopic)
	guarded.Rotation().OnRotationAbandoned(jsii.String("Abandoned"), &awsevents.OnEventOptions{
		Target:      target,
		Description: jsii.String("Somebody put a value"),
	})

	alarms := rotation.AddRotationAlarms(&rotating.RotationAlarmsOptions{
		AlarmActions:    &[]awscloudwatch.IAlarmAction{awscloudwatchactions.NewSnsAction(topic)},
		DurationPercent: jsii.Number(90),
	})
	awscloudwatch.NewCompositeAlarm(stack, jsii.String("Alarms"), &awscloudwatch.CompositeAlarmProps{
		AlarmRule: awscloudwatch.AlarmRule_AnyOf(alarms.RotationsFailed, alarms.Errors, alarms.Throttles, alarms.Duration),
	})

	check := rotating.NewRotationCheck(stack, jsii.String("Check"), &rotating.RotationCheckProps{
		RotationFunctions: &[]awslambda.IFunction{rotation, guarded.RotationFunction()},
		ExcludedSecrets:   &[]awssecretsmanager.ISecret{told},
		Grace:             awscdk.Duration_Days(jsii.Number(2)),
		Schedule:          awsevents.Schedule_Rate(hours(12)),
		Runtime:           awslambda.Runtime_NODEJS_20_X(),
		FunctionOptions:   &awslambda.FunctionOptions{MemorySize: jsii.Number(512)},
	})
	check.AddOverdueAlarm(nil).AddAlarmAction(awscloudwatchactions.NewSnsAction(topic))
	check.Node().AddDependency(told.Rotation().First())

	graph := awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
		Left: &[]awscloudwatch.IMetric{
			existing.MetricRotationsSucceeded(nil),
			existing.MetricRotationsFailed(nil),
			existing.MetricRotationStepDuration(nil),
			guarded.Rotation().MetricRotationsSucceeded(nil),
			guarded.Rotation().MetricRotationsFailed(nil),
			guarded.Rotation().MetricRotationStepDuration(nil),
			rotation.MetricRotationsSucceeded(nil),
			rotation.MetricRotationsFailed(&awscloudwatch.MetricOptions{Period: awscdk.Duration_Days(jsii.Number(1))}),
			rotation.MetricRotationStepDuration(&awscloudwatch.MetricOptions{Statistic: jsii.String("p90")}),
			check.MetricOverdueSecrets(nil),
			check.CheckFunction().MetricErrors(nil),
		},
	})
	awscloudwatch.NewDashboard(stack, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		Widgets: &[]*[]awscloudwatch.IWidget{{graph}},
	})
}

// The package's error for each misuse.
func refusals(stack awscdk.Stack) map[string]string {
	return map[string]string{
		"an interval that is too short": refusal(func() {
			rotating.RotationRules_Rate(hours(1), nil)
		}),
		"a day and a day of the week": refusal(func() {
			rotating.RotationRules_Cron(&rotating.RotationCronOptions{Day: jsii.String("1"), WeekDay: jsii.String("SUN")})
		}),
		"an expression with minutes": refusal(func() {
			rotating.RotationRules_Expression(jsii.String("cron(30 8 * * ? *)"), nil)
		}),
		"a window that is too long": refusal(func() {
			rotating.RotationRules_Rate(hours(4), &rotating.RotationRulesOptions{Window: hours(5)})
		}),
		"an hour that is too late for its window": refusal(func() {
			rotating.RotationRules_Spread(&rotating.RotationSpreadOptions{Hour: jsii.String("23"), Window: hours(2)})
		}),
		"a policy that can't be met": refusal(func() {
			rotating.RotationTarget_Generated(&rotating.GeneratedTargetOptions{
				PasswordPolicy: &rotating.PasswordPolicy{PasswordLength: jsii.Number(0)},
			})
		}),
		"a certificate authority that is none": refusal(func() {
			rotating.RotationTarget_Postgres(&rotating.DatabaseTargetOptions{CertificateAuthority: jsii.String("ca.pem")})
		}),
		"a module that is none": refusal(func() {
			rotating.RotationTarget_Module(jsii.String("nowhere.mjs"), nil)
		}),
		"a short RSA key": refusal(func() {
			rotating.RotationTarget_SigningKeys(&rotating.SigningKeysTargetOptions{
				Algorithm:        rotating.SigningAlgorithm_RS256,
				RsaModulusLength: jsii.Number(1024),
			})
		}),
		"a timeout that is too short": refusal(func() {
			rotating.NewRotationFunction(stack, jsii.String("Timeout"), &rotating.RotationFunctionProps{
				Timeout: awscdk.Duration_Seconds(jsii.Number(3)),
			})
		}),
		"an old runtime": refusal(func() {
			rotating.NewRotationFunction(stack, jsii.String("Runtime"), &rotating.RotationFunctionProps{
				Runtime: awslambda.Runtime_NODEJS_18_X(),
			})
		}),
		"a key without a template": refusal(func() {
			rotating.NewRotatingSecret(stack, jsii.String("Key"), &rotating.RotatingSecretProps{
				GenerateSecretString: &awssecretsmanager.SecretStringGenerator{GenerateStringKey: jsii.String("password")},
			})
		}),
		"a second schedule": refusal(func() {
			rotating.NewRotatingSecret(stack, jsii.String("Second"), nil).
				AddRotationSchedule(jsii.String("Schedule"), &awssecretsmanager.RotationScheduleOptions{})
		}),
		"a guard without a text": refusal(func() {
			rotating.NewRotatingSecret(stack, jsii.String("Guard"), &rotating.RotatingSecretProps{RegenerationGuard: jsii.String("")})
		}),
		"a metric that isn't made": refusal(func() {
			rotating.NewRotatingSecret(stack, jsii.String("Metric"), nil).Rotation().MetricRotationsFailed(nil)
		}),
		"a check of nothing": refusal(func() {
			rotating.NewRotationCheck(stack, jsii.String("Check"), &rotating.RotationCheckProps{RotationFunctions: &[]awslambda.IFunction{}})
		}),
	}
}

func refusal(misuse func()) (text string) {
	defer func() {
		if reason := recover(); reason != nil {
			text = fmt.Sprint(reason)
		}
	}()
	misuse()
	return "accepted"
}

func hours(amount float64) awscdk.Duration {
	return awscdk.Duration_Hours(jsii.Number(amount))
}

func vpc(stack awscdk.Stack) awsec2.Vpc {
	return awsec2.NewVpc(stack, jsii.String("Vpc"), &awsec2.VpcProps{MaxAzs: jsii.Number(2)})
}
