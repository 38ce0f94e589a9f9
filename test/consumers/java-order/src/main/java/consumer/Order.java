package consumer;

import io.github.cdkrotatingsecret.RotatingSecret;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.secretsmanager.SecretStringGenerator;
import software.constructs.IConstruct;

/** Uses what only a later version of constructs has, in an app that names the package before CDK. */
public final class Order {
    private Order() {
    }

    public static void main(String[] arguments) {
        App app = new App();
        Stack stack = new Stack(app, "Order");
        Bucket bucket = new Bucket(stack, "Bucket");
        IConstruct same = bucket.with();
        RotatingSecret.Builder.create(stack, "Secret")
                .generateSecretString(SecretStringGenerator.builder().passwordLength(40).build())
                .build();
        app.synth();
        System.out.println("{\"with\":\"" + same.getNode().getPath() + "\"}");
    }
}
